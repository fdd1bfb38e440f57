import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from mssmail.errors import BadSyntax
from mssmail.trust import der
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


def _constrain(subtree: bytes) -> bytes:
    """A certificate whose permitted subtree is this GeneralSubtree."""
    tree = der.encode_tlv(der.SEQUENCE, der.encode_tlv(der.CONTEXT_0, subtree))
    return make_root().issue("CA", (x509.UnrecognizedExtension(ExtensionOID.NAME_CONSTRAINTS, tree), True)).der


@pytest.mark.parametrize(
    ("bounds", "found"), [(b"", False), (b"\x80\x01\x00", False), (b"\x80\x01\x01", True), (b"\x81\x01\x00", True)]
)
def test_finds_the_distances_of_subtrees(bounds: bytes, *, found: bool) -> None:
    base = der.encode_tlv(0x81, b"a.test")  # rfc822Name
    assert has_distances(_constrain(der.encode_tlv(der.SEQUENCE, base, bounds))) is found
