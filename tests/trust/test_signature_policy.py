from mssmail.settings import RevocationMode
from mssmail.trust.signature_policy import SignaturePolicy


def test_what_nobody_configured_is_strict() -> None:
    policy = SignaturePolicy()
    assert (policy.min_rsa_bits, policy.allow_sha1, policy.allow_dsa) == (2_048, False, False)
    assert policy.revocation is RevocationMode.HARD
    assert policy.author_rule
