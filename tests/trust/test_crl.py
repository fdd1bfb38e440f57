import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from mssmail.errors import BadRevocationList
from mssmail.trust.certificate import fold_name
from mssmail.trust.crl import load_crl, verify_crl
from tests.support.odd_certificates import make_root, name, point
from tests.support.pki import NOW

HOLD = x509.CRLReason(x509.ReasonFlags.certificate_hold)
GONE = x509.CRLReason(x509.ReasonFlags.remove_from_crl)


def test_reads_der_and_pem_and_refuses_junk() -> None:
    der = make_root().build_crl(1, 2, extensions=[(x509.CRLNumber(9), False)])
    crl = load_crl(der)
    assert (crl.serials, crl.number, crl.issuer_text, crl.fault) == (frozenset({1, 2}), 9, "CN=Odd Root,O=Odd,C=FR", "")
    assert load_crl(x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)).serials == {1, 2}
    for junk in (b"", b"junk", der[:-1], b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"):
        with pytest.raises(BadRevocationList):
            load_crl(junk)


def test_a_list_is_its_issuers_only_when_the_issuer_signed_it() -> None:
    root, impostor = make_root(), make_root("Impostor")
    forged = impostor.build_crl(issuer=root.certificate.subject)
    with pytest.raises(BadRevocationList, match="not signed"):
        verify_crl(load_crl(forged), root.certificate)
    with pytest.raises(BadRevocationList, match="not of"):
        verify_crl(load_crl(forged), impostor.certificate)
    verify_crl(load_crl(root.build_crl()), root.certificate)


def test_finds_an_entry_with_its_reason() -> None:
    crl = load_crl(make_root().build_crl(7, entry_extensions=[(HOLD, False)]))
    entry = crl.find_entry(crl.issuer, 7)
    assert entry is not None
    assert entry.reason is x509.ReasonFlags.certificate_hold
    assert not entry.is_removal
    assert crl.find_entry(crl.issuer, 8) is None
    assert crl.find_entry(fold_name(name("Other")), 7) is None


def test_a_reason_nobody_can_read_is_a_revocation_all_the_same() -> None:
    odd = x509.UnrecognizedExtension(x509.CRLReason.oid, b"\x0a\x01\x07")  # not used, RFC 5280 section 5.3.1
    crl = load_crl(make_root().build_crl(7, entry_extensions=[(odd, False)]))
    entry = crl.find_entry(crl.issuer, 7)
    assert entry is not None
    assert entry.reason is None


def test_a_negative_serial_number_is_found() -> None:
    """NIST PKITS 4.4.14; RFC 5280 section 4.1.2.2 has readers bear with them."""
    crl = load_crl(set_serial(make_root().build_crl(0x55), 0x55, b"\xff"))
    assert crl.find_entry(crl.issuer, -1) is not None
    assert crl.find_entry(crl.issuer, 255) is None


def set_serial(crl: bytes, old: int, new: bytes) -> bytes:
    assert crl.count(b"\x02\x01" + bytes([old])) == 1
    return crl.replace(b"\x02\x01" + bytes([old]), b"\x02\x01" + new)


def test_reads_what_makes_a_delta_list() -> None:
    delta = load_crl(
        make_root().build_crl(1, extensions=[(x509.DeltaCRLIndicator(4), True), (x509.CRLNumber(6), False)])
    )
    assert (delta.is_delta, delta.base_number, delta.number) == (True, 4, 6)
    removed = load_crl(make_root().build_crl(1, entry_extensions=[(GONE, False)])).find_entry(delta.issuer, 1)
    assert removed is not None
    assert removed.is_removal


def test_the_entries_of_an_indirect_list_belong_to_the_issuer_named_last() -> None:
    root = make_root()
    crl = load_crl(
        root.build_mixed_crl(
            (1, None), (2, name("CA 1")), (3, None), (1, name("CA 2")), extensions=[point(indirect_crl=True)]
        )
    )
    assert (crl.fault, crl.is_indirect) == ("", True)
    found = {
        (issuer, serial)
        for issuer in ("Odd Root", "CA 1", "CA 2")
        for serial in (1, 2, 3)
        if crl.find_entry(fold_name(name(issuer)), serial) is not None
    }
    assert found == {("Odd Root", 1), ("CA 1", 2), ("CA 1", 3), ("CA 2", 1)}


def test_a_list_that_is_not_indirect_may_not_name_issuers() -> None:
    assert "2.5.29.29" in load_crl(make_root().build_mixed_crl((1, name("CA 1")))).fault


def test_reads_a_list_of_less_than_128_octets() -> None:
    """RFC 4134's empty lists, signed with DSA, are so short; their first octets could be those of a text."""
    key = dsa.generate_private_key(1024)
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "C")])
    builder = x509.CertificateRevocationListBuilder(issuer, NOW, NOW)
    raw = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    assert raw[1] < 0x80
    assert load_crl(raw).issuer_text == "CN=C"
