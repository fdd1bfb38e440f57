"""Whom we believe is strict unless somebody says otherwise."""

from mssmail.settings import RevocationMode, Settings


def test_what_nobody_set_is_the_strict_choice() -> None:
    trust = Settings().trust
    assert trust.revocation is RevocationMode.HARD
    assert trust.min_rsa_bits >= 2048
    assert not trust.allow_sha1
