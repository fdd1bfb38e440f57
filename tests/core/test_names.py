"""Tests of distinguished names: the traps of the real list, and what must never match."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.names import (
    MAX_LISTED_NAME,
    DistinguishedName,
    build_name,
    encode_name,
    fold_attribute,
    fold_value,
    parse_listed_name,
)
from mssmail.errors import BadSyntax

CN, OU, O, ST, L, C = "2.5.4.3", "2.5.4.11", "2.5.4.10", "2.5.4.8", "2.5.4.7", "2.5.4.6"


def _name(*pairs: tuple[str, str]) -> DistinguishedName:
    return build_name([[pair] for pair in pairs])


PLAIN = "CN=mss.ch-a.fr,OU=1990000001,O=CENTRE HOSPITALIER A,ST=Nord (59),C=FR"
MEANT = _name((CN, "mss.ch-a.fr"), (OU, "1990000001"), (O, "CENTRE HOSPITALIER A"), (ST, "Nord (59)"), (C, "FR"))


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace(",", ", "),
        PLAIN.replace(",OU", " ,OU"),
        PLAIN.replace("Nord (59)", "Nord(59)"),
        PLAIN.replace("HOSPITALIER A", "HOSPITALIER\u00a0A"),
        PLAIN.replace("HOSPITALIER A", "HOSPITALIER  A"),
        PLAIN.replace("CENTRE HOSPITALIER A", '"CENTRE  HOSPITALIER A"'),
        PLAIN.replace("CENTRE HOSPITALIER A", '" CENTRE HOSPITALIER A" '),
        PLAIN.lower(),
        PLAIN.upper(),
        PLAIN.replace(",", ";"),
        PLAIN.replace("ST=", "S="),
        PLAIN.replace("OU=", "2.5.4.11="),
        PLAIN.replace("OU=", "OID.2.5.4.11 = "),
        f"\n  {PLAIN}\t",
        PLAIN.replace("A,", r"\41,"),
    ],
)
def test_reads_every_spelling_of_one_name(text: str) -> None:
    assert parse_listed_name(text) == MEANT


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("mss.ch-a.fr", "mss.ch-b.fr"),
        PLAIN.replace("1990000001", "1990000002"),
        PLAIN.replace("HOSPITALIER A", "HOSPITALIER B"),
        PLAIN.replace("HOSPITALIER A", "HOSPITALIERA"),
        PLAIN.replace("CENTRE HOSPITALIER", "CENTRE-HOSPITALIER"),
        PLAIN.replace("ST=", "L="),
        PLAIN.replace(",C=FR", ""),
        PLAIN + ",C=FR",
        PLAIN.replace("OU=1990000001,", ""),
        "C=FR,ST=Nord (59),O=CENTRE HOSPITALIER A,OU=1990000001,CN=mss.ch-a.fr",
        PLAIN.replace(",OU", "+OU"),
        PLAIN.replace(",", r"\,"),
    ],
)
def test_never_takes_another_name_for_this_one(text: str) -> None:
    assert parse_listed_name(text) != MEANT


def test_hyphens_are_not_blanks() -> None:
    assert parse_listed_name("ST=Meurthe et Moselle") != parse_listed_name("ST=Meurthe-et-Moselle")


def test_the_blank_before_a_bracket_is_optional_in_places_only() -> None:
    assert parse_listed_name("ST=Paris(75)") == _name((ST, "Paris (75)"))
    assert parse_listed_name("L=Paris(75)") == _name((L, "Paris (75)"))
    assert parse_listed_name("O=A(B)") != _name((O, "A (B)"))


def test_quotes_within_a_value_belong_to_it() -> None:
    listed = parse_listed_name('CN=a,O=CENTRE HOSPITALIER "FRANCK-JOLY",C=FR')
    assert listed == _name((CN, "a"), (O, 'CENTRE HOSPITALIER "FRANCK-JOLY"'), (C, "FR"))


def test_a_value_that_begins_with_a_quoted_word_keeps_its_quotes() -> None:
    assert parse_listed_name('O="LA" CLINIQUE,C=FR') == _name((O, '"LA" CLINIQUE'), (C, "FR"))


@pytest.mark.parametrize(
    "text", ['O="DUPONT, OU=MARTIN",C=FR', r"O=DUPONT\, OU=MARTIN,C=FR", r"O=DUPONT\2C OU=MARTIN,C=FR"]
)
def test_a_quoted_or_escaped_comma_separates_nothing(text: str) -> None:
    assert parse_listed_name(text) == _name((O, "DUPONT, OU=MARTIN"), (C, "FR"))


def test_an_escaped_quote_ends_nothing() -> None:
    assert parse_listed_name(r'O="LES \" AMIS",C=FR') == _name((O, 'LES " AMIS'), (C, "FR"))


def test_a_quote_that_is_never_closed_belongs_to_the_value() -> None:
    assert parse_listed_name('O="LA CLINIQUE') == _name((O, '"LA CLINIQUE'))
    assert parse_listed_name('O="LA CLINIQUE,C=FR') == _name((O, '"LA CLINIQUE'), (C, "FR"))


def test_a_comma_without_a_type_behind_it_belongs_to_the_value() -> None:
    assert parse_listed_name("O=DUPONT, MARTIN ET FILS,C=FR") == _name((O, "DUPONT, MARTIN ET FILS"), (C, "FR"))


def test_several_attributes_of_one_rdn_have_no_order() -> None:
    assert (
        parse_listed_name("CN=a+OU=b,C=FR")
        == parse_listed_name("OU=b+CN=a,C=FR")
        == build_name([[(OU, "b"), (CN, "a")], [(C, "FR")]])
    )


def test_a_composed_letter_equals_its_decomposed_form() -> None:
    text = "O=HÔPITAL DE LA CÔTE"
    assert parse_listed_name(unicodedata.normalize("NFD", text)) == parse_listed_name(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "wanted at character 1"),
        ("mss.ch-a.fr", "wanted at character 1"),
        ("CN=", "without a value: CN"),
        ("CN=a,O=,C=FR", "without a value: O"),
        ('CN="  "', "without a value"),
        ("FOO=a", "unknown attribute type FOO"),
        ("CN=a,FOO=b", "unknown attribute type FOO"),
        (r"CN=\FF\FE", "not UTF-8"),
        ("CN=" + "a" * MAX_LISTED_NAME, "longer than"),
    ],
)
def test_says_what_is_wrong_with_a_name(text: str, reason: str) -> None:
    with pytest.raises(BadSyntax, match=reason):
        parse_listed_name(text)


def test_a_name_has_attributes_and_folded_values() -> None:
    with pytest.raises(ValueError, match="at least one attribute"):
        DistinguishedName(())
    with pytest.raises(ValueError, match="at least one attribute"):
        build_name([[]])
    with pytest.raises(ValueError, match="build_name"):
        DistinguishedName((frozenset({(CN, "Not Folded")}),))


_VALUES = st.text(max_size=60).filter(lambda text: fold_value(text) != "" and "\\" not in text)
_OIDS = st.sampled_from([CN, OU, O, ST, L, C, "1.2.840.113549.1.9.1", "1.2.3.4"])
_NAMES = st.lists(st.lists(st.tuples(_OIDS, _VALUES), min_size=1, max_size=2), min_size=1, max_size=6).map(build_name)


@given(_NAMES)
def test_reads_back_what_it_writes(name: DistinguishedName) -> None:
    assert parse_listed_name(encode_name(name)) == name


@given(st.text(), _OIDS)
def test_folding_twice_is_folding_once(value: str, oid: str) -> None:
    assert fold_value(fold_value(value)) == fold_value(value)
    assert fold_attribute(oid, fold_attribute(oid, value)) == fold_attribute(oid, value)


@given(_NAMES, st.sampled_from([" ", "\u00a0", "  ", "\u202f"]))
def test_blanks_after_separators_change_nothing(name: DistinguishedName, blank: str) -> None:
    text = ",".join("+".join(encode_name(build_name([[pair]])) for pair in sorted(rdn)) for rdn in name.rdns)
    spaced = f",{blank}".join(
        f" +{blank}".join(encode_name(build_name([[pair]])) for pair in sorted(rdn)) for rdn in name.rdns
    )
    assert parse_listed_name(text) == parse_listed_name(spaced)


_SOUP = st.text(alphabet='CNOU=,;+"\\ a2C#', max_size=40)


@given(st.text(max_size=300) | _SOUP)
def test_any_text_is_a_name_or_bad_syntax(text: str) -> None:
    try:
        name = parse_listed_name(text)
    except BadSyntax:
        return
    assert parse_listed_name(encode_name(name)) == name
