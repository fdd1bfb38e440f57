import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.proof import PathStep, Proof, StatusSource
from mssmail.workers.proof_codec import decode_proof, encode_proof

TEXT = st.text(max_size=9)
MOMENTS = st.datetimes(timezones=st.just(UTC))
PROOFS = st.builds(
    Proof,
    st.lists(st.builds(PathStep, TEXT, st.integers(-1, 2**160), TEXT, MOMENTS), max_size=3).map(tuple),
    st.lists(
        st.builds(StatusSource, TEXT, TEXT, st.none() | st.integers(0, 2**160), MOMENTS, st.none() | MOMENTS),
        max_size=3,
    ).map(tuple),
)


@given(PROOFS)
def test_a_proof_comes_out_as_it_went_in(proof: Proof) -> None:
    assert decode_proof(json.loads(json.dumps(encode_proof(proof)))) == proof


@pytest.mark.parametrize(
    "junk",
    [
        None,
        [],
        [[], None],
        [[["CN=A", "zz", "ab", "2026-06-01T00:00:00+00:00"]], []],
        [[["CN=A", "1", "ab", "2026-06-01T00:00:00"]], []],
        [[["CN=A", 1, "ab", "2026-06-01T00:00:00+00:00"]], []],
        [[], [["CRL", "CN=A", 5, "2026-06-01T00:00:00+00:00", None]]],
        [[], [["CRL", "CN=A", None, None, None]]],
    ],
)
def test_what_is_no_proof_is_refused(junk: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        decode_proof(junk)


def test_moments_are_written_in_utc() -> None:
    at = datetime.fromisoformat("2026-06-01T02:00:00+02:00")
    assert "2026-06-01T00:00:00+00:00" in json.dumps(encode_proof(Proof((PathStep("", 0, "", at),))))
