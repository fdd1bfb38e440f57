import pytest

from mssmail.store.passwords import MAX_PASSWORD_BYTES, hash_password, is_outdated, verify_password

STORED = hash_password("déjà vu")


def test_the_right_password_fits_and_no_other() -> None:
    assert verify_password(STORED, "déjà vu")
    assert not verify_password(STORED, "deja vu")
    assert not verify_password(STORED, "")


@pytest.mark.parametrize("stored", [None, ""], ids=["unknown user", "no password set"])
@pytest.mark.parametrize("password", ["", "nobody has this password", "x"])
def test_nobody_signs_in_without_a_stored_hash(stored: str | None, password: str) -> None:
    assert not verify_password(stored, password)


def test_a_broken_hash_and_an_endless_password_are_refused() -> None:
    assert not verify_password("$argon2id$broken", "x")
    assert not verify_password(STORED, "x" * (MAX_PASSWORD_BYTES + 1))
    assert not verify_password(STORED, "\udcff")


def test_the_hash_is_argon2id_salted_and_up_to_date() -> None:
    assert STORED.startswith("$argon2id$")
    assert hash_password("déjà vu") != STORED
    assert not is_outdated(STORED)
    assert is_outdated("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$Zm9yZ290dGVu")
