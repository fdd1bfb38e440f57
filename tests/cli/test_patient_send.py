"""A campaign from the command line: all is checked first, nobody is in the ledger twice, the report tells it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mssmail.core.address import parse_address
from mssmail.core.campaign import RowState
from mssmail.core.clock import read_clock
from mssmail.store.accounts import suspend
from mssmail.store.campaigns import list_due_rows, settle_row
from mssmail.store.engine import Connection, open_store
from tests.support.command import run

TEMPLATE = "To: {{ins}}@patient.test\nSubject: Rappel du {{date}}\n\nBonjour {{nom}}.\n"
CSV = "ins;nom;date\n279035121518989;Zoé;2/6\n179032A21518933;Paul;3/6\n"
AUTHOR = "agenda@a.test"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An operator that knows a patients' domain, one account, and the two files."""
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = tmp_path / "op" / "mssmail.toml"
    config.write_text(config.read_text().replace("domains = []\n", 'domains = ["patient.test"]\n', 1))
    run("account", "add", AUTHOR, "--no-owner", "--password-stdin", "--config", str(config), stdin="correct horse\n")
    (tmp_path / "t.txt").write_text(TEMPLATE)
    (tmp_path / "r.csv").write_text(CSV)
    return tmp_path


def _send(folder: Path, *more: str) -> tuple[int, str]:
    config = ("--config", str(folder / "op" / "mssmail.toml"))
    files = ("--template", str(folder / "t.txt"), "--csv", str(folder / "r.csv"), "--account", AUTHOR)
    answer = run("patient", "send", *files, *config, *more)
    return answer.code, answer.out + answer.err


def _change(folder: Path, work: Callable[[Connection], object]) -> None:
    store = open_store(folder / "op" / "store", exclusive=False)
    store.submit(work).result()
    store.close()


def test_a_dry_run_shows_the_first_letter_and_sends_nothing(folder: Path) -> None:
    code, shown = _send(folder, "--dry-run")
    assert code == 0
    assert "2 letters, each to one recipient" in shown
    assert "Subject: Rappel du 2/6\n" in shown
    assert "Bonjour Zoé." in shown
    assert "Nothing was sent" in shown
    code, shown = _send(folder, "--dry-run", "--json")
    assert [row["row"] for row in json.loads(shown)["rows"]] == [2, 3]
    assert "patient.test" not in run("patient", "campaigns", "--config", str(folder / "op" / "mssmail.toml")).out


def test_without_a_server_the_letters_wait_in_the_ledger_and_once_sent_are_not_sent_again(folder: Path) -> None:
    code, shown = _send(folder, "--name", "rappel")
    assert code == 0
    assert "No server serves this store now" in shown
    assert "2 waiting" in shown

    def settle(conn: Connection) -> None:
        (_, second), (_, first) = list_due_rows(conn, read_clock())
        settle_row(conn, first, RowState.SENT, "0trace")
        settle_row(conn, second, RowState.REFUSED, "", "550 5.1.1 nobody")

    _change(folder, settle)
    config = str(folder / "op" / "mssmail.toml")
    told = run("patient", "report", "--account", AUTHOR, "--name", "rappel", "--config", config, "--json")
    tree = json.loads(told.out)
    assert (told.code, tree["sent"], tree["refused"], tree["waiting"]) == (1, 1, 1, 0)
    assert [(row["stage"], row["reason"]) for row in tree["rows"]] == [("sent", ""), ("refused", "550 5.1.1 nobody")]
    (folder / "r.csv").write_text(CSV.replace("Paul", "Pauline"))
    code, shown = _send(folder, "--name", "rappel", "--no-wait")
    assert (code, "1 waiting, 1 sent" in shown) == (0, True)
    listed = json.loads(run("patient", "campaigns", "--config", str(folder / "op" / "mssmail.toml"), "--json").out)
    assert [(each["name"], each["sent"]) for each in listed] == [("rappel", 1)]


@pytest.mark.parametrize(
    ("csv", "words"),
    [
        (CSV.replace("279035121518989", "279035121518900"), "row 2, column ins: 279035121518900 is no INS"),
        (CSV.replace("179032A21518933", "279035121518989"), "row 3, column ins: .* is in row 2 already"),
        (CSV.replace("Paul", ""), "row 3, column nom: the value is missing"),
        (CSV.replace("279035121518989", "2@elsewhere.test,"), "row 2, column ins"),
    ],
)
def test_one_wrong_row_and_nothing_is_sent(folder: Path, csv: str, words: str) -> None:
    (folder / "r.csv").write_text(csv)
    code, shown = _send(folder)
    assert code == 65
    assert re.search(words, shown), shown
    assert run("patient", "campaigns", "--config", str(folder / "op" / "mssmail.toml"), "--json").out.strip() == "[]"


def test_letters_for_others_than_patients_are_no_campaign(folder: Path) -> None:
    (folder / "t.txt").write_text(TEMPLATE.replace("patient.test", "b.test"))
    code, shown = _send(folder)
    assert (code, "is in no patients' domain" in shown) == (65, True)


def test_who_may_not_write_is_told_at_once(folder: Path) -> None:
    _change(folder, lambda conn: suspend(conn, parse_address(AUTHOR)))
    assert "is suspended" in _send(folder)[1]
    config = folder / "op" / "mssmail.toml"
    config.write_text(config.read_text().replace('domains = ["patient.test"]\n', ""))
    assert "no patients' domain is known" in _send(folder)[1]
    files = ("--template", str(folder / "t.txt"), "--csv", str(folder / "r.csv"), "--config", str(config))
    assert run("patient", "send", *files, "--account", "nobody").code == 64


def test_a_campaign_nobody_began_has_no_report(folder: Path) -> None:
    config = str(folder / "op" / "mssmail.toml")
    answer = run("patient", "report", "--account", AUTHOR, "--name", "x", "--config", config)
    assert (answer.code, "has no campaign x" in answer.err) == (1, True)
