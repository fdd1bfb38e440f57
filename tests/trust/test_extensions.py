import pytest

from mssmail.errors import BadSyntax
from mssmail.trust.extensions import has_distances, parse_policy_mappings
from tests.support.odd_certificates import make_root, mappings


def test_reads_what_each_policy_is_mapped_to() -> None:
    extension, _ = mappings(("1.2.3", "1.2.4"), ("1.2.3", "1.2.5"), ("2.5.29.32.0", "1.2.6"))
    assert parse_policy_mappings(extension.value) == {  # type: ignore[attr-defined]
        "1.2.3": frozenset({"1.2.4", "1.2.5"}),
        "2.5.29.32.0": frozenset({"1.2.6"}),
    }


@pytest.mark.parametrize(
    "junk", [b"", b"\x05\x00", b"\x30\x02\x30\x00", b"\x30\x04\x30\x02\x06\x00", b"\x30\x80\x00\x00"]
)
def test_refuses_mappings_that_are_none(junk: bytes) -> None:
    with pytest.raises(BadSyntax):
        parse_policy_mappings(junk)


def test_what_cannot_be_read_counts_as_distances() -> None:
    assert has_distances(b"junk")
    assert has_distances(make_root().der)
