"""The strangers are listed under the names they show, but for the impostor."""

from mssmail.lab.layout import Lab
from mssmail.lab.pki import KeyKind, create_root, describe_subject
from mssmail.lab.strangers import (
    NO_MAIL,
    STRANGERS,
    build_credentials,
    build_routes,
    find_stranger,
    list_entries,
)
from tests.support.pki import NOW


def test_each_shows_the_listed_name_but_the_impostor() -> None:
    made = build_credentials(create_root("Ours", NOW, kind=KeyKind.P256), NOW)
    listed = dict(list_entries())
    wrong = [
        each
        for each in STRANGERS
        if describe_subject(made[each.scenario][0].certificate.subject) != listed[each.domain]
    ]
    assert wrong == [find_stranger("impostor")]


def test_each_has_a_route_of_its_own_and_who_takes_no_mail_has_none() -> None:
    routes = build_routes(Lab("/nowhere", 20_000))
    assert len({(route.domain, route.port) for route in routes}) == len(STRANGERS)
    assert NO_MAIL not in {route.domain for route in routes}
    assert NO_MAIL in dict(list_entries())
