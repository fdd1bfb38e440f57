"""``mssmail dns`` as an administrator types it."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.support.command import run
from tests.support.name_server import serve_zone

ZONE = {
    ("a.test.", "MX"): ["10 mss.a.test."],
    ("_imaps._tcp.a.test.", "SRV"): ["0 1 993 mss.a.test."],
    ("_imap._tcp.a.test.", "SRV"): ["10 1 143 mss.a.test."],
    ("_submissions._tcp.a.test.", "SRV"): ["0 1 465 mss.a.test."],
    ("_submission._tcp.a.test.", "SRV"): ["10 1 587 mss.a.test."],
    ("_pop3._tcp.a.test.", "SRV"): ["0 0 0 ."],
    ("_pop3s._tcp.a.test.", "SRV"): ["0 0 0 ."],
}


@pytest.fixture
def config(tmp_path: Path) -> str:
    run("init", str(tmp_path / "op"), "--domain", "a.test", "--name", "mss.a.test")
    return str(tmp_path / "op" / "mssmail.toml")


def test_records_are_printed_as_a_zone_file_writes_them(config: str) -> None:
    answer = run("dns", "A.test", "--no-check", "--config", config)
    assert answer.code == 0
    assert "_imaps._tcp.a.test. 3600 IN SRV 0 1 993 mss.a.test." in answer.out
    assert [
        row["type"] for row in json.loads(run("dns", "a.test", "--no-check", "--json", "--config", config).out)
    ] == (["MX"] + ["SRV"] * 6)


async def test_what_is_published_is_told(config: str) -> None:
    async with serve_zone(ZONE) as server:
        answer = await asyncio.to_thread(run, "dns", "a.test", "--server", str(server), "--config", config)
    assert answer.code == 0
    assert answer.out.count(" yes") == 7


async def test_what_is_missing_or_differs_makes_it_fail(config: str) -> None:
    zone = {**ZONE, ("a.test.", "MX"): ["10 old.a.test."]}
    del zone["_imap._tcp.a.test.", "SRV"]
    async with serve_zone(zone) as server:
        arguments = ("dns", "a.test", "--server", str(server), "--json", "--config", config)
        answer = await asyncio.to_thread(run, *arguments)
    assert answer.code == 1
    missing = {row["name"]: row["found"] for row in json.loads(answer.out) if not row["published"]}
    assert missing == {"a.test": ["10 old.a.test."], "_imap._tcp.a.test": []}


@pytest.mark.parametrize("arguments", [("b.test",), ("not a domain",), ("a.test", "--server", "nowhere")])
def test_what_cannot_be_asked_is_said(config: str, arguments: tuple[str, ...]) -> None:
    answer = run("dns", *arguments, "--config", config)
    assert answer.code != 0
    assert answer.err.strip()
