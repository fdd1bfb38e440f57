"""Which key signs for whom."""

import os
from pathlib import Path

import pytest

from mssmail.core.address import Address
from mssmail.errors import BadCertificate
from mssmail.flows.signing import KeyRing, load_signing_key
from mssmail.settings import SignWith
from tests.support.operator_room import BOB, write_key

ORGANISATION = "domain-signing-authority@b.test"


def test_the_accounts_own_key_comes_first_and_the_organisations_second(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys")
    assert ring.find_key(BOB, SignWith.ACCOUNT) is None
    write_key(tmp_path, ORGANISATION)
    theirs = ring.find_key(BOB, SignWith.ACCOUNT)
    assert theirs is not None
    write_key(tmp_path, "bob@b.test")
    own = ring.find_key(BOB, SignWith.ACCOUNT)
    assert own is not None
    assert own is not theirs
    assert ring.find_key(Address("BOB", "b.test"), SignWith.ACCOUNT) is own
    assert ring.find_key(BOB, SignWith.ORGANISATION) is theirs
    assert ring.find_key(BOB, SignWith.NONE) is None
    assert ring.find_key(Address("bob", "other.test"), SignWith.ACCOUNT) is None


def test_a_key_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys")
    path = write_key(tmp_path, "bob@b.test")
    first = ring.find_key(BOB, SignWith.ACCOUNT)
    assert ring.find_key(BOB, SignWith.ACCOUNT) is first
    os.utime(path, ns=(1, 1))
    assert ring.find_key(BOB, SignWith.ACCOUNT) is not first
    path.unlink()
    assert ring.find_key(BOB, SignWith.ACCOUNT) is None


def test_a_key_that_cannot_be_used_is_a_fault_and_not_the_next_one(tmp_path: Path) -> None:
    write_key(tmp_path, ORGANISATION)
    (tmp_path / "keys" / "bob@b.test.pem").write_bytes(b"no key")
    with pytest.raises(BadCertificate):
        KeyRing(tmp_path / "keys").find_key(BOB, SignWith.ACCOUNT)


@pytest.mark.parametrize("local", ["../bob", "/etc/bob", "..", ".hidden", "a/../bob"])
def test_no_address_leads_out_of_the_directory(tmp_path: Path, local: str) -> None:
    write_key(tmp_path, "bob@b.test")
    inner = tmp_path / "keys" / "inner"
    inner.mkdir()
    assert KeyRing(inner).find_key(Address(local, "b.test"), SignWith.ACCOUNT) is None


def test_names_the_file_that_is_no_signing_key(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    for stem in ("empty", "nowhere"):
        with pytest.raises(BadCertificate, match=stem):
            load_signing_key(tmp_path / f"{stem}.pem")
