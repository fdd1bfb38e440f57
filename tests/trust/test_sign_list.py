"""Tests of writing and signing a list of our own."""

import re
from datetime import timedelta

import pytest

from mssmail.errors import BadCertificate, BadSyntax, BadWhiteList
from mssmail.lab.pki import KeyKind
from mssmail.trust.sign_list import (
    ListEntry,
    add_entry,
    build_white_list,
    read_entries,
    remove_entries,
    sign_white_list,
)
from mssmail.trust.whitelist import load_white_list
from tests.support.lists import (
    GENERATED_AT,
    NAME,
    RULE,
    make_entries,
    make_list,
    make_signer,
    make_store,
    read_key,
    sign,
)
from tests.support.pki import NOW

STORE = make_store()
ENTRIES = make_entries("ch-a.test", "ch-b.test")
OTHER = ListEntry("ch-a.test", NAME.format("twin"), NOW)


def _domains(raw: bytes) -> dict[str, int]:
    found = load_white_list(sign(raw), STORE, RULE, NOW)
    return {domain: len(names) for domain, names in found.domains.items()}


def test_writes_the_real_format() -> None:
    text = build_white_list([ENTRIES[0]], GENERATED_AT).decode()
    assert text.startswith(
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<ListeBlancheMSSante xmlns="https://listeblanche.mssante.fr/schema">'
        "<DateDeGeneration>2026-06-01T06:00:00Z</DateDeGeneration><ListeDomaines><Domaine><Nom>ch-a.test</Nom>"
    )
    assert re.findall(r"<(\w+)>", text.partition("<Domaine>")[2]) == [
        "Nom",
        "Description",
        "DNCertificatOperateur",
        "ResponsableContact",
        "SupportContact",
        "DateMAJ",
    ]


def test_signs_in_the_real_layout() -> None:
    text = make_list(signer=make_signer(KeyKind.RSA_2048)).decode()
    assert re.findall(r"<(\w+)[ >]", text.partition("</ListeDomaines>")[2]) == [
        "Signature",
        "SignedInfo",
        "CanonicalizationMethod",
        "SignatureMethod",
        "Reference",
        "Transforms",
        "Transform",
        "Transform",
        "DigestMethod",
        "DigestValue",
        "SignatureValue",
        "KeyInfo",
        "X509Data",
        "X509Certificate",
    ]
    assert '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#">' in text
    assert "xmldsig-more#rsa-sha256" in text


def test_signing_again_replaces_the_signature() -> None:
    again = sign(make_list())
    assert again.count(b"<Signature ") == 1
    assert load_white_list(again, STORE, RULE, NOW).entries == 2


def test_reads_back_the_entries_it_wrote() -> None:
    assert read_entries(build_white_list(ENTRIES, GENERATED_AT)) == tuple(ENTRIES)


def test_adds_a_name_to_a_domain_and_dates_the_list_anew() -> None:
    raw = add_entry(make_list(), OTHER, NOW)
    assert _domains(raw) == {"ch-a.test": 2, "ch-b.test": 1}
    assert load_white_list(sign(raw), STORE, RULE, NOW).generated_at == NOW


def test_a_changed_list_is_younger_than_the_one_before_even_when_the_clock_is_not() -> None:
    raw = add_entry(make_list(generated_at=NOW), OTHER, NOW - timedelta(days=1))
    assert load_white_list(sign(raw), STORE, RULE, NOW).generated_at == NOW + timedelta(seconds=1)


def test_removes_a_domain_or_one_of_its_names() -> None:
    raw = add_entry(make_list(), OTHER, NOW)
    assert _domains(remove_entries(raw, "CH-A.test", None, NOW)) == {"ch-b.test": 1}
    assert _domains(remove_entries(raw, "ch-a.test", OTHER.name.replace(",", ", "), NOW)) == {
        "ch-a.test": 1,
        "ch-b.test": 1,
    }


def test_says_when_there_is_nothing_to_add_or_remove() -> None:
    with pytest.raises(BadWhiteList, match="listed with this name already"):
        add_entry(make_list(), ENTRIES[0], NOW)
    with pytest.raises(BadWhiteList, match=r"ch-z\.test is not listed$"):
        remove_entries(make_list(), "ch-z.test", None, NOW)
    with pytest.raises(BadWhiteList, match="not listed with this name"):
        remove_entries(make_list(), "ch-a.test", OTHER.name, NOW)


def test_a_changed_list_has_no_signature_until_it_is_signed() -> None:
    with pytest.raises(BadWhiteList, match="not signed"):
        load_white_list(add_entry(make_list(), OTHER, NOW), STORE, RULE, NOW)


def test_markup_in_a_name_is_text() -> None:
    name = 'CN=mss.test,O=A & B <"C">,C=FR'
    raw = build_white_list([ListEntry("ch-a.test", name, NOW)], GENERATED_AT)
    assert read_entries(raw)[0].name == name


@pytest.mark.parametrize(
    ("domain", "name"),
    [("-", NAME), ("ch-a.test", "mss"), ("ch-a.test", "CN=" + "a" * 260), ("ch-a.test", "CN=a,O=")],
)
def test_an_entry_that_readers_would_refuse_cannot_be_made(domain: str, name: str) -> None:
    with pytest.raises(BadSyntax):
        ListEntry(domain, name, NOW)


def test_control_characters_cannot_be_written() -> None:
    with pytest.raises(BadWhiteList, match=r"Description of ch-a\.test cannot be written"):
        build_white_list([ListEntry("ch-a.test", NAME, NOW, description="a\0b")], GENERATED_AT)


def test_an_entry_that_cannot_be_read_stops_an_edit_by_hand() -> None:
    with pytest.raises(BadWhiteList, match="entry - cannot be read"):
        read_entries(make_list().replace(b"<Nom>ch-a.test</Nom>", b""))
    with pytest.raises(BadWhiteList, match="not listed"):
        remove_entries(make_list().replace(b">ch-a.test<", b">?<"), "ch-a.test", None, NOW)


def test_refuses_a_key_that_is_not_the_certificates() -> None:
    mine, theirs = make_signer(), make_signer(KeyKind.P256, "other.test", "other@mssante.test")
    with pytest.raises(BadCertificate, match="not the certificate's"):
        sign_white_list(make_list(), read_key(mine), theirs.certificate)
