"""Check digits catch every single wrong digit."""

import pytest

from mssmail.core.account import AccountKind
from mssmail.core.identifiers import Scheme, has_luhn_digit, is_identifier, require_owner
from mssmail.errors import BadAccount

_VALID = {Scheme.RPPS: "10000000008", Scheme.FINESS: "990000001", Scheme.SIRET: "73282932000074"}


def _complete(stem: str) -> str:
    return next(f"{stem}{digit}" for digit in range(10) if has_luhn_digit(f"{stem}{digit}"))


@pytest.mark.parametrize("scheme", list(Scheme))
def test_every_wrong_digit_is_caught(scheme: Scheme) -> None:
    good = _complete(_VALID[scheme][:-1])
    assert is_identifier(scheme, good)
    for place in range(len(good)):
        for digit in "0123456789":
            if digit != good[place]:
                assert not is_identifier(scheme, good[:place] + digit + good[place + 1 :])


@pytest.mark.parametrize(
    ("scheme", "text", "valid"),
    [
        (Scheme.SIRET, "73282932000074", True),  # a published example of the Luhn rule
        (Scheme.SIRET, "35600000000048", True),
        (Scheme.SIRET, "35600000049837", True),  # La Poste: digit sum
        (Scheme.SIRET, "35600000049838", False),
        (Scheme.FINESS, "2A0000014", True),
        (Scheme.FINESS, "3A0000014", False),
        (Scheme.RPPS, "1000000000", False),
        (Scheme.RPPS, "1000000000x", False),
        (Scheme.RPPS, "١٠٠٠٠٠٠٠٠٠٨", False),
    ],
)
def test_shapes_and_exceptions(scheme: Scheme, text: str, valid: bool) -> None:
    assert is_identifier(scheme, text) is valid


@pytest.mark.parametrize(
    ("kind", "owner", "message"),
    [
        (AccountKind.PER, {Scheme.RPPS: "99900000011"}, None),
        (AccountKind.ORG, {Scheme.SIRET: "73282932000074"}, None),
        (AccountKind.APP, {Scheme.FINESS: "990000010"}, None),
        (AccountKind.PER, {}, "needs the RPPS"),
        (AccountKind.ORG, {Scheme.RPPS: "99900000011"}, "needs the FINESS or SIRET"),
        (AccountKind.PER, {Scheme.RPPS: "99900000012"}, "is no RPPS number"),
    ],
)
def test_an_account_names_who_answers_for_it(kind: AccountKind, owner: dict[Scheme, str], message: str | None) -> None:
    if message is None:
        require_owner(kind, owner)
    else:
        with pytest.raises(BadAccount, match=message):
            require_owner(kind, owner)
