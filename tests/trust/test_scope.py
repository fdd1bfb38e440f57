import pytest
from cryptography import x509

from mssmail.trust.certificate import fold_name
from mssmail.trust.crl import load_crl
from mssmail.trust.link import load_link
from mssmail.trust.scope import ALL_REASONS, find_reasons, find_scope_fault, read_points
from tests.support.odd_certificates import Critical, Odd, authority, make_root, name, point, points

HERE = x509.UniformResourceIdentifier("http://crl.a.test/1.crl")
THERE = x509.UniformResourceIdentifier("http://crl.a.test/2.crl")
KEY, HOLD = x509.ReasonFlags.key_compromise, x509.ReasonFlags.certificate_hold
LAST = x509.RelativeDistinguishedName([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Last")])


def _covers(root: Odd, limits: Critical | None, *of_leaf: Critical) -> bool:
    crl = load_crl(root.build_crl(extensions=[limits] if limits else []))
    link = load_link(make_root().issue("leaf", *of_leaf).der)
    return any(not find_scope_fault(crl, each, link) for each in read_points(link))


def _stated(full: list[x509.GeneralName] | None, **keys: object) -> Critical:
    plain: dict[str, object] = {"relative_name": None, "reasons": None, "crl_issuer": None}
    return x509.CRLDistributionPoints([x509.DistributionPoint(full, **(plain | keys))]), False  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limits", "covers_leaf", "covers_ca"),
    [
        (None, True, True),
        (point(only_contains_user_certs=True), True, False),
        (point(only_contains_ca_certs=True), False, True),
        (point(only_contains_attribute_certs=True), False, False),
        (point(full_name=[HERE]), True, True),
        (point(full_name=[THERE]), False, False),
        (point(full_name=[THERE, HERE], only_contains_user_certs=True), True, False),
        (point(full_name=[x509.DirectoryName(name("odd  ROOT"))]), True, True),
    ],
)
def test_a_partition_covers_only_its_kind_and_point(
    limits: Critical | None, *, covers_leaf: bool, covers_ca: bool
) -> None:
    assert _covers(make_root(), limits, points(HERE)) is covers_leaf
    assert _covers(make_root(), limits, points(HERE), *authority()) is covers_ca


def test_a_partition_does_not_cover_a_certificate_that_names_no_point() -> None:
    assert not _covers(make_root(), point(full_name=[HERE]))


def test_a_name_relative_to_the_issuer_is_the_whole_name_as_well() -> None:
    whole = x509.DirectoryName(x509.Name([*name("Odd Root").rdns, LAST]))
    relative = _stated(None, relative_name=LAST)
    assert _covers(make_root(), point(full_name=[whole]), relative)
    assert _covers(make_root(), point(relative_name=LAST), relative)
    assert _covers(make_root(), point(relative_name=LAST), points(whole))
    assert not _covers(make_root(), point(relative_name=LAST), points(HERE))


def test_another_issuers_list_covers_whom_it_is_named_by_and_only_when_indirect() -> None:
    other = make_root("Other")
    named = _stated([HERE], crl_issuer=[x509.DirectoryName(name("Other"))])
    assert _covers(other, point(indirect_crl=True), named)
    assert _covers(other, point(indirect_crl=True, full_name=[HERE]), named)
    assert not _covers(other, point(indirect_crl=True, full_name=[THERE]), named)
    assert not _covers(other, None, named)
    assert not _covers(other, point(indirect_crl=True))
    assert not _covers(other, point(indirect_crl=True), points(HERE))


def test_a_point_that_names_only_an_issuer_is_compared_by_that() -> None:
    other = make_root("Other")
    bare = _stated(None, crl_issuer=[x509.DirectoryName(name("Other"))])
    assert _covers(other, point(indirect_crl=True, full_name=[x509.DirectoryName(name("Other"))]), bare)
    assert not _covers(other, point(indirect_crl=True, full_name=[HERE]), bare)


def test_reasons_are_those_of_the_list_at_that_point() -> None:
    link = load_link(make_root().issue("leaf", _stated([HERE], reasons=frozenset({KEY, HOLD}))).der)
    stated, plain = read_points(link)
    whole = load_crl(make_root().build_crl())
    some = load_crl(make_root().build_crl(extensions=[point(only_some_reasons=frozenset({KEY}))]))
    assert (find_reasons(whole, stated), find_reasons(whole, plain)) == (frozenset({KEY, HOLD}), ALL_REASONS)
    assert (find_reasons(some, stated), find_reasons(some, plain)) == (frozenset({KEY}), frozenset({KEY}))
    assert len(ALL_REASONS) == 8


def test_every_certificate_has_the_point_of_its_issuer() -> None:
    last = read_points(load_link(make_root().issue("leaf").der))
    assert [each.names for each in last] == [frozenset({("name", fold_name(name("Odd Root")))})]
