"""Accounts through the command line."""

import json
from pathlib import Path

import pytest

from mssmail.journal import Event
from mssmail.store.engine import open_store
from mssmail.store.journal import read_entries
from tests.support.command import run
from tests.support.pki import build_pki


@pytest.fixture
def config(tmp_path: Path) -> str:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    return str(tmp_path / "op" / "mssmail.toml")


def _add(config: str, *more: str, password: str = "correct horse") -> int:
    arguments = ("account", "add", "Marie@a.test", "--config", config, "--password-stdin", *more)
    return run(*arguments, stdin=password + "\n").code


def test_an_account_is_added_shown_suspended_and_removed(config: str) -> None:
    assert _add(config, "--rpps", "99900000011", "--name", "Dr Marie", "--red-list") == 0
    shown = json.loads(run("account", "show", "marie@a.test", "--config", config, "--json").out)
    assert (shown["kind"], shown["owner"], shown["red_list"]) == ("PER", {"RPPS": "99900000011"}, True)
    assert run("account", "suspend", "marie@a.test", "--config", config).code == 0
    assert "suspended" in run("account", "list", "--config", config).out
    assert run("account", "suspend", "marie@a.test", "--undo", "--config", config).code == 0
    assert (
        run("account", "passwd", "marie@a.test", "--config", config, "--password-stdin", stdin="another one\n").code
        == 0
    )
    assert run("account", "remove", "marie@a.test", "--yes", "--config", config).code == 0
    assert run("account", "show", "marie@a.test", "--config", config).code == 65


def test_an_account_is_changed_in_what_is_named_and_in_nothing_else(config: str) -> None:
    def change(*more: str) -> tuple[str, bool, int | None]:
        assert run("account", "change", "marie@a.test", "--config", config, *more).code == 0
        shown = json.loads(run("account", "show", "marie@a.test", "--config", config, "--json").out)
        return shown["name"], shown["red_list"], shown["quota_bytes"]

    _add(config, "--no-owner", "--name", "Dr Marie", "--red-list", "--quota-megabytes", "1")
    assert change("--quota-megabytes", "5000") == ("Dr Marie", True, 5_000_000_000)
    assert change("--no-red-list", "--name", "Dr M. Martin") == ("Dr M. Martin", False, 5_000_000_000)
    assert change("--no-quota") == ("Dr M. Martin", False, None)
    assert change("--name", "") == ("", False, None)


@pytest.mark.parametrize(
    ("address", "more", "code"),
    [
        ("marie@a.test", (), 64),
        ("marie@a.test", ("--no-quota", "--quota-megabytes", "1"), 64),
        ("nobody@a.test", ("--no-quota",), 65),
    ],
)
def test_a_change_of_nothing_or_of_nobody_is_refused(
    config: str, address: str, more: tuple[str, ...], code: int
) -> None:
    _add(config, "--no-owner")
    assert run("account", "change", address, "--config", config, *more).code == code


@pytest.mark.parametrize(
    ("more", "password"),
    [
        ((), "correct horse"),  # a person's account names the professional
        (("--rpps", "99900000012"), "correct horse"),  # wrong check digit
        (("--kind", "ORG", "--rpps", "99900000011"), "correct horse"),  # a team names its structure
        (("--rpps", "99900000011"), "short"),
    ],
)
def test_refuses_an_account_that_cannot_be(config: str, more: tuple[str, ...], password: str) -> None:
    assert _add(config, *more, password=password) == 65
    assert json.loads(run("account", "list", "--config", config, "--json").out) == []


def test_refuses_an_account_of_a_foreign_domain_and_a_second_of_the_same_name(config: str) -> None:
    arguments = ("--no-owner", "--password-stdin", "--config", config)
    assert run("account", "add", "x@b.test", *arguments, stdin="correct horse\n").code == 65
    assert _add(config, "--no-owner") == 0
    assert _add(config, "--no-owner") == 65


def test_every_act_is_in_the_journal(config: str) -> None:
    _add(config, "--no-owner")
    run("account", "suspend", "marie@a.test", "--config", config)
    store = open_store(Path(config).parent / "store", exclusive=False)
    entries = store.read(lambda conn: read_entries(conn, event=Event.ADMIN)).result()
    store.close()
    assert [kept.entry.facts["act"] for kept in entries] == ["account add", "account suspend"]


def test_a_signing_key_is_imported_from_pkcs12(config: str, tmp_path: Path) -> None:
    _add(config, "--no-owner")
    file = tmp_path / "marie.p12"
    file.write_bytes(build_pki().make_person("marie@a.test").to_p12("secret"))
    command = ("account", "import-key", "marie@a.test", str(file), "--config", config, "--p12-password")
    assert run(*command, "wrong").code == 65
    assert run(*command, "secret").code == 0
    key = Path(config).parent / "keys" / "marie@a.test.pem"
    assert key.stat().st_mode & 0o077 == 0
    assert json.loads(run("account", "show", "marie@a.test", "--config", config, "--json").out)["signing_key"] is True
