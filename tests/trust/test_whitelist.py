"""Tests of reading a white list: format, hardening, entries, differences."""

import gc
import sys
import time
import tracemalloc
from datetime import timedelta
from itertools import count

import pytest

from mssmail.core.names import parse_listed_name
from mssmail.core.whitelist import WhiteList
from mssmail.errors import BadWhiteList
from mssmail.lab.pki import build_subject
from mssmail.trust import whitelist
from mssmail.trust.certificate import read_name
from mssmail.trust.sign_list import ListEntry, build_white_list
from mssmail.trust.whitelist import (
    MAX_FAULTS,
    judge_white_list,
    load_white_list,
    parse_list,
    reload_white_list,
)
from tests.support.lists import (
    GENERATED_AT,
    NAME,
    RULE,
    make_entries,
    make_list,
    make_store,
    sign,
)
from tests.support.pki import NOW

STORE = make_store()
LIST = make_list()
UNSIGNED = build_white_list(make_entries("ch-a.test", "ch-b.test"), GENERATED_AT)
A, B = (parse_listed_name(NAME.format(domain)) for domain in ("ch-a.test", "ch-b.test"))


def _load(raw: bytes) -> WhiteList:
    return load_white_list(raw, STORE, RULE, NOW)


def _change(old: str, new: str, *, times: int = 1) -> bytes:
    """The unsigned list changed and then signed: what an authority that errs might publish."""
    assert old.encode() in UNSIGNED
    return sign(UNSIGNED.replace(old.encode(), new.encode(), times))


def test_reads_what_the_list_says() -> None:
    found = _load(LIST)
    assert found.generated_at == GENERATED_AT
    assert found.signer == "CN=alb.mssante.test,OU=318751275100000,O=AGENCE,C=FR"
    assert found.domains == {"ch-a.test": {A}, "ch-b.test": {B}}
    assert found.entries == 2
    assert found.faults == ()


@pytest.mark.parametrize(
    ("listed", "organisation", "state"),
    [
        ("CN=mss.fr, O=CH A, ST=Nord (59), C=FR", "CH A", "Nord (59)"),
        ("CN=mss.fr ,O=CH A,ST=Paris(75),C=FR", "CH A", "Paris (75)"),
        ("CN=mss.fr,O=CH A,ST=Paris (75),C=FR", "CH A", "Paris(75)"),
        ('CN=mss.fr,O="C H U  DE  LIMOGES",ST=X,C=FR', "C H U  DE  LIMOGES", "X"),
        ("CN=mss.fr,O=C H U  DE  LIMOGES,ST=X,C=FR", "C H U DE LIMOGES", "X"),
        ('CN=mss.fr,O=CENTRE HOSPITALIER "FRANCK-JOLY",ST=X,C=FR', 'CENTRE HOSPITALIER "FRANCK-JOLY"', "X"),
        ("CN=mss.fr,O=CH\u00a0A,ST=X,C=FR", "CH A", "X"),
        ("CN=MSS.FR,O=Hôpital,ST=X,C=FR", "HO\u0302PITAL", "X"),
    ],
)
def test_every_trap_of_the_real_list_meets_its_certificate(listed: str, organisation: str, state: str) -> None:
    found = _load(make_list([ListEntry("ch-a.test", listed, NOW)]))
    subject = build_subject("mss.fr", organisation, state=state)
    assert found.may_speak(read_name(subject), "ch-a.test")
    assert not found.may_speak(read_name(build_subject("mss.fr", organisation + "X", state=state)), "ch-a.test")


def test_gathers_the_names_of_a_domain_and_counts_every_entry() -> None:
    names = [NAME.format(number) for number in range(5)]
    entries = [ListEntry("ch-a.test", name, NOW) for name in [*names, names[0]]]
    found = _load(make_list(entries))
    assert found.entries == 6
    assert found.domains == {"ch-a.test": {parse_listed_name(name) for name in names}}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("UC-CMP.mssante.test", "uc-cmp.mssante.test"),
        (" ch-a.test\u00a0", "ch-a.test"),
        ("hôpital.test", "xn--hpital-ixa.test"),
        ("interop.apicrypt.example", "interop.apicrypt.example"),
        ("ch-a<!-- unsigned -->.test", "ch-a.test"),
        ("<![CDATA[ch-a.test]]>", "ch-a.test"),
        ("ch-&#97;.test", "ch-a.test"),
    ],
)
def test_domains_are_trimmed_lower_case_a_labels(written: str, meant: str) -> None:
    assert set(_load(_change(">ch-a.test<", f">{written}<")).domains) == {meant, "ch-b.test"}


def test_a_comment_put_into_a_signed_list_changes_no_name() -> None:
    """Comments are outside the digest: whoever relays the list may add them (the attack on SAML of 2018)."""
    commented = LIST.replace(b"<Nom>ch-a.test", b"<Nom>ch-a<!-- -->.test", 1)
    assert commented != LIST
    assert _load(commented).domains == _load(LIST).domains


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (">ch-a.test<", "><", "not a host name"),
        (">ch-a.test<", ">*.test<", "not a host name"),
        (">ch-a.test<", ">ch-a..test<", "not a host name"),
        (">ch-a.test<", "><b>ch-a.test</b><", "holds elements"),
        (">ch-a.test<", ">ch-a<?x?>.test<", "holds elements"),
        ("<Nom>ch-a.test</Nom>", "", "0 elements Nom"),
        ("<Nom>ch-a.test</Nom>", "<Nom>ch-a.test</Nom><Nom>ch-c.test</Nom>", "2 elements Nom"),
        (NAME.format("ch-a.test"), "mss.ch-a.test", "attribute type"),
        (NAME.format("ch-a.test"), "", "attribute type"),
    ],
)
def test_an_entry_that_cannot_be_read_allows_nothing_and_is_reported(old: str, new: str, reason: str) -> None:
    found = _load(_change(old, new))
    assert found.domains == {"ch-b.test": {B}}
    assert found.entries == 2
    assert len(found.faults) == 1
    assert found.faults[0].startswith("entry 1 (")
    assert reason in found.faults[0]


def test_of_many_bad_entries_the_first_are_told_and_the_rest_counted() -> None:
    numbers = count()
    raw = build_white_list(make_entries(*(f"bad{number}.test" for number in range(MAX_FAULTS + 5)), "ch-a.test"), NOW)
    for _ in range(MAX_FAULTS + 5):
        raw = raw.replace(f">bad{next(numbers)}.test<".encode(), b">?<", 1)
    found = _load(sign(raw))
    assert len(found.faults) == MAX_FAULTS + 1
    assert found.faults[-1] == "5 more entries cannot be read"


def test_elements_and_attributes_of_a_later_format_are_passed_over() -> None:
    raw = UNSIGNED.replace(b"<Nom>", b'<Region code="1">Nord</Region><Nom>').replace(
        b"<ListeDomaines>", b"<Version>2</Version><ListeDomaines><Titre/>"
    )
    found = _load(sign(raw))
    assert (found.domains, found.entries) == (_load(LIST).domains, 2)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("2026-06-01T06:00:00Z", "yesterday", "is not a date"),
        ("2026-06-01T06:00:00Z", "2026-06-01T06:00:00", "no time zone"),
        ("<DateDeGeneration>2026-06-01T06:00:00Z</DateDeGeneration>", "", "0 elements DateDeGeneration"),
        ("<ListeDomaines>", "<ListeDomaines/><ListeDomaines>", "2 elements ListeDomaines"),
        ("Domaine>", "Domain>", "names no domain"),
    ],
)
def test_refuses_a_signed_list_of_another_shape(old: str, new: str, reason: str) -> None:
    with pytest.raises(BadWhiteList, match=reason):
        _load(_change(old, new, times=99))


def test_a_generation_date_may_stand_in_another_time_zone() -> None:
    assert _load(_change("2026-06-01T06:00:00Z", "2026-06-01T08:00:00+02:00")).generated_at == GENERATED_AT


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not well-formed"),
        (b"<html>Not found</html>", "the root element is html"),
        (LIST[: len(LIST) // 2], "not well-formed"),
        (LIST + LIST, "not well-formed"),
        (LIST.replace(b"<ListeBl", BOMB.encode() + b"<ListeBl", 1), "document type"),
        (LIST.replace(b"<ListeBl", b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/">' + b"<ListeBl", 1), "document type"),
        (LIST.replace(b">ch-a.test<", b">&evil;<", 1), "not well-formed"),
        (LIST.decode().replace("UTF-8", "UTF-16").encode("utf-16"), "not well-formed"),
        (LIST.replace(b"https://listeblanche", b"https://listenoire"), "the root element is"),
        (b"<Liste><xmlns>https://listeblanche.mssante.fr/schema</xmlns></Liste>", "the root element is Liste"),
        (LIST.replace(b"ch-a", b"\xff\xfe", 1), "not well-formed"),
        (LIST.replace(b"ch-a", b"\0", 1), "not well-formed"),
        (UNSIGNED, "is not signed"),
    ],
)
def test_refuses_what_is_no_list(raw: bytes, reason: str) -> None:
    with pytest.raises(BadWhiteList, match=reason):
        _load(raw)


def test_refuses_elements_nested_without_end() -> None:
    deep = LIST.replace(b"<ListeDomaines>", b"<ListeDomaines>" + b"<x>" * 100_000 + b"</x>" * 100_000, 1)
    with pytest.raises(BadWhiteList, match="not well-formed"):
        _load(deep)


def test_refuses_one_huge_text() -> None:
    with pytest.raises(BadWhiteList, match="not well-formed"):
        parse_list(LIST.replace(b">ch-a.test<", b">" + b"a" * 12_000_000 + b"<", 1))


def test_refuses_more_octets_than_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whitelist, "MAX_LIST_BYTES", len(LIST) - 1)
    with pytest.raises(BadWhiteList, match="octets"):
        _load(LIST)


def test_refuses_more_entries_than_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whitelist, "MAX_ENTRIES", 1)
    with pytest.raises(BadWhiteList, match="2 entries"):
        _load(LIST)


def test_a_document_type_is_found_across_pieces() -> None:
    for shift in range(-12, 12):
        padding = b" " * ((1 << 20) - len(b'<?xml version="1.0"?>') + shift)
        with pytest.raises(BadWhiteList, match="document type"):
            parse_list(b'<?xml version="1.0"?>' + padding + b"<!DOCTYPE a><a/>")


def test_reads_nine_thousand_entries_in_a_second() -> None:
    entries = make_entries(*(f"ch-{number}.test" for number in range(9_000)))
    raw = make_list(entries)
    gc.collect()
    started = time.process_time()
    found = _load(raw)
    assert time.process_time() - started < (1 if sys.gettrace() is None else 10)  # coverage counts every line
    assert len(found.domains) == 9_000


def test_equal_names_are_kept_once() -> None:
    name = NAME.format("shared")
    raw = make_list([ListEntry(f"ch-{number}.test", name, NOW) for number in range(2_000)])
    found = _load(raw)
    assert found.table.name_count == 1
    assert len(found.table.block) < 2_000 * 20
    tracemalloc.start()
    _load(raw)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * len(raw)


def test_the_last_good_list_is_read_again_without_fresh_crls() -> None:
    later = NOW + timedelta(days=40)
    found = reload_white_list(LIST, make_store(crls=()), RULE, accepted_at=NOW, now=later)
    assert found == _load(LIST)
    with pytest.raises(BadWhiteList, match="digest differs"):
        reload_white_list(LIST.replace(b">ch-a", b">ch-z"), STORE, RULE, accepted_at=NOW, now=later)


def test_a_report_tells_what_an_accepted_list_holds() -> None:
    entries = [*make_entries("ch-a.test", "ch-b.test"), ListEntry("ch-a.test", NAME.format("ch-b.test"), NOW)]
    report = judge_white_list(make_list(entries), STORE, RULE, NOW)
    assert report.accepted
    assert (report.entries, report.domains, report.names) == (3, 2, 2)
    assert report.generated_at == GENERATED_AT
    assert report.reason == "signature, signer and format hold"
    assert report.signer.startswith("CN=alb.mssante.test")


def test_a_report_tells_why_a_list_is_refused_and_who_signed_it() -> None:
    report = judge_white_list(LIST, STORE, "CN=other", NOW)
    assert not report.accepted
    assert "not the one the signer rule asks for" in report.reason
    assert report.signer.startswith("CN=alb.mssante.test")
    assert not judge_white_list(LIST, STORE, "", NOW).accepted
    assert not judge_white_list(b"", STORE, RULE, NOW).accepted


def test_a_report_without_a_rule_says_that_none_was_asked_for() -> None:
    report = judge_white_list(LIST, STORE, None, NOW)
    assert report.accepted
    assert "not asked for by any rule" in report.reason
