"""imaptest's scripts, played by a player of ours: against us, and against Dovecot to know that the player is right.

MSSMAIL_IMAPTEST names the folder of the scripts (``src/tests`` of Dovecot's project imaptest); nothing of them is kept
here. Below, scripts of our own show that the player sees what is wrong.
"""

import os
import ssl
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest

from mssmail.core.clock import read_clock
from scripts.benchmarks.dovecot import PASSWORD as DOVECOT_PASSWORD
from scripts.benchmarks.dovecot import find_dovecot, serve_dovecot
from tests.imap.scripted import read_mbox, read_script
from tests.imap.scripted_player import Skipped, Target, Unfit, play
from tests.imap.support import PASSWORD, USER, World, run_listener
from tests.support.pki import Pki

_FOLDER = os.environ.get("MSSMAIL_IMAPTEST", "")
_WHY = "MSSMAIL_IMAPTEST names no folder of imaptest's scripts"
_ZONE = "Europe/Helsinki"  # one of the scripts counts days there
_MBOX = "From a@b  Fri Feb 22 17:06:23 2008 +0200\nSubject: one\n\n1\n\nFrom a@b  Fri Feb 22 17:06:24 2008\n\n22\n\n"


def _list_scripts() -> list[Path]:
    found = sorted(Path(_FOLDER).iterdir()) if _FOLDER else []
    return [path for path in found if path.is_file() and path.suffix != ".mbox" and path.name != "Makefile.am"]


@pytest.mark.skipif(not _FOLDER, reason=_WHY)
@pytest.mark.parametrize("path", _list_scripts(), ids=lambda path: path.name)
async def test_we_answer_as_the_script_says(path: Path, world: World, tmp_path: Path) -> None:
    async with run_listener(world, tmp_path, time_zone=ZoneInfo(_ZONE)) as running:
        try:
            await play(read_script(path), Target(running.port_tls, running.client_tls, USER, PASSWORD))
        except Skipped as fault:
            pytest.skip(f"not announced: {fault}")


@pytest.mark.skipif(not _FOLDER, reason=_WHY)
@pytest.mark.skipif(find_dovecot() is None, reason="Dovecot is not installed")
@pytest.mark.parametrize("path", _list_scripts(), ids=lambda path: path.name)
async def test_dovecot_answers_as_the_script_says(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", _ZONE)
    pki = Pki(read_clock().replace(microsecond=0) - timedelta(days=1))
    anchors = pki.write_anchors(tmp_path / "anchors")
    certificate, key = pki.make_operator("localhost").write(tmp_path, "dovecot")
    context = ssl.create_default_context(cafile=str(anchors / "root.crt"))
    with TemporaryDirectory() as name:  # what pytest makes is closed to the user that Dovecot's processes have
        folder = Path(name) / "above" / "dovecot"
        folder.mkdir(parents=True)
        with serve_dovecot(folder, certificate, key, 0) as (port, _):
            try:
                await play(read_script(path), Target(port, context, USER, DOVECOT_PASSWORD))
            except Skipped as fault:
                pytest.skip(f"not announced: {fault}")


# -- the player itself


def test_a_message_of_an_mbox_has_its_date_and_the_line_before_the_next(tmp_path: Path) -> None:
    (tmp_path / "x.mbox").write_text(_MBOX)
    assert read_mbox(tmp_path / "x.mbox") == [
        ("22-Feb-2008 17:06:23 +0200", b"Subject: one\r\n\r\n1\r\n\r\n"),
        ("22-Feb-2008 17:06:24 +0000", b"\r\n22\r\n\r\n"),
    ]


async def _play(world: World, folder: Path, text: str) -> None:
    (folder / "script").write_text(text)
    (folder / "default.mbox").write_text(_MBOX)
    async with run_listener(world, folder) as running:
        target = Target(running.port_tls, running.client_tls, USER, PASSWORD)
        await play(read_script(folder / "script"), target)


_GOOD = r"""
# variables, numbers at the start, literals, what must not come
connections: 2

1 ok fetch 1:2 (uid internaldate)
* 1 fetch (uid $uid1 internaldate $)
* 2 fetch (uid $uid2)
2 ok noop
1 ok uid store $uid1,$uid2 +flags (\deleted $$blue)
* 1 fetch (flags (\deleted $$blue))
* 2 fetch (flags ($!unordered \deleted))
1 ok uid fetch $uid1 (flags body.peek[text])
* 1 fetch (body[text] {{{
1


}}} flags $)
1 tag1 expunge
1 tag2 noop
* $1 expunge
* $2 expunge
1 tag1 ok
1 tag2 ok
2 fetch 2 uid
* 2 fetch (uid $uid2)
? 7 exists
! 1 fetch $
2 ok FETCH
1 append
1 ok [appenduid $validity $uid3]
1 ok status $mailbox (messages)
* status $mailbox (messages 1)
1 no create inbox
1 bad nonsense
1 ok list "" $mailbox
* list () $sep ${case:imaptest}
1 ok logout
* bye
"""


async def test_a_script_that_fits(world: World, tmp_path: Path) -> None:
    await _play(world, tmp_path, _GOOD.removeprefix("\n"))


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("ok nonsense", "wanted"),
        ("no [trycreate] append $mailbox", "wanted"),
        ("ok fetch 1 uid\n* 2 fetch (uid 2)", "not told"),
        ("ok fetch 1 uid\n! 1 fetch (uid 1)", "must not"),
        ("ok fetch 1 flags\n* 1 fetch (flags (\\seen))", "not told"),
        ("ok store 1 flags \\seen\n* 1 fetch (flags ($!unordered $!ban=\\seen \\recent))", "not told"),
        ('ok list "" $mailbox\n* list () "/" ${case:IMAPTEST}', "not told"),
        ("ok fetch 1:2 uid\n!ordered\n* 2 fetch $\n* 1 fetch $", "not told"),
        (
            "ok fetch 1 modseq\n* 1 fetch (modseq ($modseq1))\nok fetch 1 modseq\n* 1 fetch (modseq ($modseq9))",
            "not told",
        ),
    ],
)
async def test_a_script_that_does_not_fit(world: World, tmp_path: Path, lines: str, complaint: str) -> None:
    with pytest.raises(Unfit, match=complaint):
        await _play(world, tmp_path, f"messages: 2\n\n{lines}\n")


async def test_what_nobody_foresaw_may_be_a_fault(world: World, tmp_path: Path) -> None:
    with pytest.raises(Unfit, match="also told"):
        await _play(world, tmp_path, "ignore_extra_untagged: no\n\nok fetch 1 uid\n")


async def test_what_the_server_does_not_announce_is_passed_over(world: World, tmp_path: Path) -> None:
    with pytest.raises(Skipped, match="X-NOBODY"):
        await _play(world, tmp_path, "capabilities: idle x-nobody\n\nok noop\n")


@pytest.mark.parametrize("line", ["!ifenv X", "!sleep 5", "* ok"])
def test_what_the_player_does_not_know_is_not_passed_over(tmp_path: Path, line: str) -> None:
    (tmp_path / "default.mbox").write_text(_MBOX)
    (tmp_path / "script").write_text(f"messages: 0\n\n{line}\n")
    with pytest.raises(ValueError, match="line 3"):
        read_script(tmp_path / "script")


async def test_before_signing_in(world: World, tmp_path: Path) -> None:
    await _play(world, tmp_path, 'state: nonauth\n\nok login $user "$password"\nok examine INBOX\n* 0 exists\n')
