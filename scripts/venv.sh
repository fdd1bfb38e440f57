# Sourced by the other scripts: makes or reuses .venv and leaves $python pointing at its interpreter.
# Needs only Python 3.11 or newer with pip and venv.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
say() { printf '== %s\n' "$*"; }
fail() { printf 'mssmail: %s\n' "$*" >&2; exit 1; }

make_venv() {
    local extra=$1 base=${PYTHON:-python3} stamp wanted
    command -v "$base" >/dev/null || fail "python3 is missing: install Python 3.11 or newer"
    "$base" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed, $base is older"
    python=.venv/bin/python
    wanted=$(cksum pyproject.toml)
    stamp=.venv/installed-${extra:-runtime}
    if [ -x $python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return; fi
    if [ ! -x $python ]; then
        say "making .venv"
        "$base" -m venv .venv || fail "python3 cannot make a virtual environment: install the venv module (Debian: python3-venv)"
    fi
    say "installing mssmail${extra:+ with its $extra tools} into .venv"
    $python -m pip install --quiet --disable-pip-version-check --editable ".${extra:+[$extra]}" \
        || fail "pip could not install the dependencies: see the lines above"
    printf '%s' "$wanted" > "$stamp"
}
