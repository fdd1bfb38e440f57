"""Rules in shadow at work: the same mail passes, and it is told what would have been refused."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from mssmail.core.decision import Accept, refuse
from mssmail.flows.shadows import Shadows
from mssmail.journal import Event
from mssmail.settings import Policy
from tests.support.operator_room import ALICE, BOB, MESSAGE, build_envelope, build_settings, open_operator, write_key

UNSIGNED = refuse("unsigned", 550, "5.7.1", "Message must be signed")


async def test_unsigned_mail_passes_and_it_is_told_what_the_rule_would_say(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = replace(build_settings(tmp_path), policy=Policy(("unsigned",)))
    async with open_operator(tmp_path, settings) as operator:
        caplog.set_level("INFO")
        envelope = build_envelope(MESSAGE)
        assert (await operator.receiver.receive(envelope)).code == 250
        assert len(await operator.list_inbox(BOB)) == 1
        [entry] = await operator.read_journal(Event.WOULD_REFUSE)
        assert entry.trace_id == envelope.id
        assert (entry.facts["rule"], str(entry.facts["reply"])[:9]) == ("unsigned", "550 5.7.1")
        assert entry.facts["from"] == "<alice@a.test>"
        assert operator.intake.shadows.passed == {"unsigned": 1}
        assert "would refuse: 550 5.7.1" in caplog.text


async def test_a_clients_message_passes_too_where_a_peer_would_find_it_odd(tmp_path: Path) -> None:
    settings = replace(build_settings(tmp_path), policy=Policy(("display-name-imitates",)))
    write_key(tmp_path, str(BOB))
    async with open_operator(tmp_path, settings) as operator:
        odd = MESSAGE.replace(b"From: Alice <alice@a.test>", b'From: "alice@a.test" <bob@b.test>')
        assert odd != MESSAGE
        envelope = build_envelope(odd, ALICE, reverse_path=BOB, login=BOB)
        assert (await operator.submitter.submit(envelope)).code == 250
        told = [each.facts["rule"] for each in await operator.read_journal(Event.WOULD_REFUSE)]
        assert told == ["display-name-imitates"]


async def test_other_rules_go_on_refusing(tmp_path: Path) -> None:
    settings = replace(build_settings(tmp_path), policy=Policy(("unsigned",)))
    async with open_operator(tmp_path, settings) as operator:
        foreign = MESSAGE.replace(b"alice@a.test", b"alice@unlisted.test")
        assert (await operator.receiver.receive(build_envelope(foreign))).code == 550
        assert await operator.read_journal(Event.WOULD_REFUSE) == []


async def test_a_journal_that_cannot_be_written_changes_no_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_operator(tmp_path) as operator:
        shadows = Shadows(operator.store, operator.intake.clock)
        await asyncio.to_thread(operator.store.close)
        answer = shadows.settle([UNSIGNED, Accept("yes")], frozenset({"unsigned"}), "id1", dict)
        assert answer == Accept("yes")
        assert "is not in the journal" in caplog.text
