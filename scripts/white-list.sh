# Sourced by the white-list scripts. $mssmail is the program: this checkout's, or the one on PATH.
mssmail="$(dirname "${BASH_SOURCE[0]}")/../.venv/bin/mssmail"
[ -x "$mssmail" ] || mssmail=$(command -v mssmail) || { echo "mssmail is not installed: run scripts/lab once" >&2; exit 69; }

# change LIST KEY CERTIFICATE COMMAND…: work on a copy; the published list changes in one step, signed, or not at all.
change() {
    local list=$1 key=$2 certificate=$3
    shift 3
    # not local: the trap runs after the function
    draft=$(mktemp "$(dirname "$list")/.white-list.XXXXXX")
    trap 'rm -f "$draft"' EXIT
    if [ -s "$list" ]; then cp "$list" "$draft"; else rm -f "$draft"; fi
    "$mssmail" "$1" "$2" "$draft" "${@:3}" >/dev/null
    "$mssmail" trust sign "$draft" --key "$key" --certificate "$certificate" >/dev/null
    chmod 644 "$draft"
    mv "$draft" "$list"
}
