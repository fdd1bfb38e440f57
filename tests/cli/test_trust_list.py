"""A list of one's own: the white-list scripts, as cron would call them."""

import subprocess
from pathlib import Path

import pytest

from mssmail.core.clock import read_clock
from tests.support.command import run
from tests.support.pki import Pki

ROOT = Path(__file__).parents[2]
DN = "CN=mss.a.test,O=HOSPITAL A,C=FR"


@pytest.fixture
def keys(tmp_path: Path) -> tuple[str, str]:
    certificate, key = Pki(read_clock().replace(microsecond=0)).make_person("l@c.test").write(tmp_path, "signer")
    return str(key), str(certificate)


def _script(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts" / name, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_scripts_add_and_remove_in_one_step_signed_each_time(tmp_path: Path, keys: tuple[str, str]) -> None:
    path = str(tmp_path / "list.xml")
    added = _script("white-list-add", path, *keys, "a.test", DN)
    assert (added.returncode, added.stdout) == (0, ""), added.stderr
    assert b"SignatureValue" in Path(path).read_bytes()
    before = Path(path).read_bytes()
    assert _script("white-list-add", path, *keys, "b.test", DN).returncode == 0
    (tmp_path / "old.xml").write_bytes(before)
    changes = _script("white-list-changes", str(tmp_path / "old.xml"), path)
    assert changes.returncode == 1
    assert "b.test" in changes.stdout
    assert _script("white-list-remove", path, *keys, "a.test").returncode == 0
    assert run("trust", "show", "a.test", "--file", path).code == 1


def test_a_failed_change_leaves_the_published_list_alone(tmp_path: Path, keys: tuple[str, str]) -> None:
    path = tmp_path / "list.xml"
    _script("white-list-add", str(path), *keys, "a.test", DN)
    before = path.read_bytes()
    assert _script("white-list-remove", str(path), *keys, "none.test").returncode != 0
    assert path.read_bytes() == before
    assert _script("white-list-add", "x").returncode == 64


def test_files_that_are_no_key_or_no_certificate_are_named(tmp_path: Path, keys: tuple[str, str]) -> None:
    key, certificate = keys
    run("trust", "add", str(tmp_path / "l.xml"), "--domain", "a.test", "--dn", DN)
    for chosen, named in (((certificate, certificate), certificate), ((key, key), key)):
        answer = run("trust", "sign", str(tmp_path / "l.xml"), "--key", chosen[0], "--certificate", chosen[1])
        assert answer.code == 65
        assert f"{named}: no" in answer.err


def test_ed25519_keys_sign_no_list(tmp_path: Path) -> None:
    from mssmail.lab.pki import KeyKind

    certificate, key = Pki(read_clock()).make_person("l@c.test", KeyKind.ED25519).write(tmp_path, "ed")
    run("trust", "add", str(tmp_path / "l.xml"), "--domain", "a.test", "--dn", DN)
    answer = run("trust", "sign", str(tmp_path / "l.xml"), "--key", str(key), "--certificate", str(certificate))
    assert answer.code == 65
    assert "RSA or ECDSA" in answer.err
