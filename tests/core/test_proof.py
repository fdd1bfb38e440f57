from datetime import UTC, datetime, timedelta

from mssmail.core.proof import NO_PROOF, PathStep, Proof, StatusSource

AT = datetime(2026, 6, 1, tzinfo=UTC)


def test_a_proof_tells_the_age_of_what_it_rests_on() -> None:
    source = StatusSource("CRL", "CN=CA", 7, AT - timedelta(hours=1), AT + timedelta(days=1))
    undated = StatusSource("OCSP", "CN=CA", None, AT, None)
    proof = Proof((PathStep("CN=Alice", 255, "ab", AT),), (source, undated))
    assert proof.encode(AT) == {
        "path": [
            {"subject": "CN=Alice", "serial": "FF", "fingerprint": "ab", "not_after": "2026-06-01T00:00:00+00:00"}
        ],
        "sources": [
            {
                "kind": "CRL",
                "issuer": "CN=CA",
                "number": 7,
                "this_update": "2026-05-31T23:00:00+00:00",
                "next_update": "2026-06-02T00:00:00+00:00",
                "age_seconds": 3_600,
            },
            {
                "kind": "OCSP",
                "issuer": "CN=CA",
                "number": None,
                "this_update": "2026-06-01T00:00:00+00:00",
                "next_update": None,
                "age_seconds": 0,
            },
        ],
    }
    assert NO_PROOF.encode(AT) == {"path": [], "sources": []}
