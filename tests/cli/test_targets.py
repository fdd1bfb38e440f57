"""Addresses outside the trust space are no targets."""

from pathlib import Path

import click
import pytest

from mssmail.cli.targets import parse_many, parse_one, require_members, require_own
from mssmail.core.address import parse_address
from mssmail.core.clock import read_clock
from mssmail.errors import BadAccount
from mssmail.flows.last_good import KeptList, LastGood
from mssmail.settings import load_settings
from tests.support.operators import build_site
from tests.support.pki import Pki

CONTEXT, ARGUMENT = click.Context(click.Command("x")), click.Argument(["x"])
FAR = parse_address("x@far.test")


def test_options_become_addresses() -> None:
    assert parse_one(CONTEXT, ARGUMENT, None) is None
    assert parse_one(CONTEXT, ARGUMENT, "x@far.test") == FAR
    assert parse_many(CONTEXT, ARGUMENT, ("x@far.test",)) == (FAR,)


def test_mail_is_not_led_out_of_the_trust_space(tmp_path: Path) -> None:
    site = build_site(tmp_path / "op", Pki(read_clock().replace(microsecond=0)), read_clock())
    settings = load_settings(site.config)
    disk, list_file = LastGood(settings.server.store / "trust"), tmp_path / "op" / "list.xml"
    disk.keep_list(KeptList(list_file.read_bytes(), read_clock(), str(list_file)))
    for number in (0, 1):
        disk.keep_crl(str(number) * 64, (tmp_path / "op" / f"{number}.crl").read_bytes())
    own = parse_address(f"x@{settings.domain[0].name}")
    require_own(settings, own)
    with pytest.raises(BadAccount):
        require_own(settings, FAR)
    require_members(settings, [own])
    with pytest.raises(BadAccount, match="not on the white list"):
        require_members(settings, [own, FAR])
    listed = parse_address("x@peer.test")
    require_members(settings, [listed])


def test_without_a_list_nothing_can_be_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = build_site(tmp_path / "op", Pki(read_clock().replace(microsecond=0)), read_clock())
    require_members(load_settings(site.config), [FAR])
    assert "far.test" in capsys.readouterr().err
