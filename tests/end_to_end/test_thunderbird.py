"""Thunderbird itself: it signs in, knows the folders, shows lab mail as validly signed, and flags what is flagged."""

import imaplib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest

from mssmail.lab.check.cases import NORD, SUD
from mssmail.lab.check.mail import build_letter
from mssmail.lab.check.stage import Stage
from mssmail.lab.layout import Lab
from tests.support.thunderbird import Thunderbird

pytestmark = [
    pytest.mark.xdist_group("lab"),
    pytest.mark.skipif(which("thunderbird") is None, reason="thunderbird is not here"),
]


@pytest.fixture(scope="module")
def bird(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Thunderbird]:
    """Thunderbird with Marie's account, whose inbox holds a letter from the other operator, signed there."""
    stage = Stage(lab)
    letter = build_letter(SUD, NORD, subject="Pour Thunderbird")
    assert stage.submit(letter, SUD, NORD).startswith("250")
    assert stage.fetch(NORD, letter) is not None
    made = Thunderbird(tmp_path_factory.mktemp("bird") / "profile", lab, stage.account(NORD))
    assert made.run("inbox().updateFolder(null); return await until(() => [...inbox().messages].length > 0)")
    yield made
    made.close()


def test_the_folders_are_known_by_their_use(bird: Thunderbird) -> None:
    flags = bird.run("""
        inbox().updateFolder(null);
        await until(() => [...inbox().messages].length > 0);
        server.performExpand(null);
        await until(() => server.rootFolder.descendants.length >= 6);
        return server.rootFolder.descendants.map(folder => [folder.name, folder.flags]);
    """)
    uses = {"INBOX": 0x1000, "Sent": 0x200, "Drafts": 0x400, "Trash": 0x100, "Junk": 0x40000000, "Archive": 0x4000}
    found = dict(flags)
    assert {name for name, use in uses.items() if found.get(name, 0) & use} == set(uses), flags


def test_lab_mail_is_shown_as_validly_signed(bird: Thunderbird) -> None:
    shown = bird.run("""
        const opened = await openLetter("Pour Thunderbird");
        if (opened !== true) { return opened; }
        return [about().gSignatureStatus, about().gSignerCert?.emailAddress];
    """)
    assert shown == [0, SUD]  # 0: nsICMSMessageErrors.SUCCESS, the seal without a mark


def test_a_star_given_in_thunderbird_is_a_flag_on_the_server(lab: Lab, bird: Thunderbird) -> None:
    assert bird.run("""
        const found = [...inbox().messages].filter(each => each.mime2DecodedSubject == "Pour Thunderbird");
        inbox().markMessagesFlagged(found, true);
        return found.length;
    """)
    with Stage(lab).sign_in(NORD) as client:
        client.select("INBOX", readonly=True)
        assert _wait_for_flag(client)


def _wait_for_flag(client: imaplib.IMAP4_SSL) -> bool:
    """Thunderbird writes when it comes to it: it may still be reading a full inbox."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        _kind, found = client.uid("SEARCH", "FLAGGED", "SUBJECT", '"Pour Thunderbird"')
        if found and found[0]:
            return True
        time.sleep(0.1)
        client.noop()
    return False


def test_an_account_sets_itself_up_from_the_address_alone(lab: Lab, bird: Thunderbird) -> None:
    """What Thunderbird's account hub does, but for the name: ``autoconfig.<domain>`` needs DNS."""
    account = lab.accounts_of("nord")[1]
    names = json.dumps([account.address, account.password, str(lab.find_operator("nord").endpoint("setup"))])
    signed_in = bird.run(f"""
        const [address, password, web] = {names};
        const load = name => ChromeUtils.importESModule(`resource:///modules/accountcreation/${{name}}.sys.mjs`);
        const {{fetchHTTP}} = load("FetchHTTP"), {{readFromXML}} = load("readFromXML");
        const {{AccountConfig}} = load("AccountConfig"), {{ConfigVerifier}} = load("ConfigVerifier");
        const signal = new AbortController().signal;
        const url = `https://${{web}}/.well-known/autoconfig/mail/config-v1.1.xml`;
        const found = readFromXML(await fetchHTTP(url, {{urlArgs: {{emailaddress: address}}, signal}}), "isp-https");
        AccountConfig.replaceVariables(found, "Cardiologie", address, password);
        const servers = [found.incoming, ...found.incomingAlternatives, found.outgoing, ...found.outgoingAlternatives];
        const told = servers.map(each => [each.type, each.hostname, each.port, each.socketType]);
        const verified = await new ConfigVerifier(null, signal).verifyConfig(found);
        return [...told, verified.incoming.username];
    """)
    ports = lab.find_operator("nord").ports
    assert signed_in == [
        ["imap", "localhost", ports.imaps, 3],  # TLS from the start
        ["imap", "localhost", ports.imap, 2],  # STARTTLS
        ["smtp", "localhost", ports.submissions, 3],
        ["smtp", "localhost", ports.submission, 2],
        account.address,
    ]


def test_nothing_thunderbird_said_was_refused(lab: Lab, bird: Thunderbird) -> None:
    assert bird.run("return await until(() => inbox().getTotalMessages(false) > 0)")
    log = Path(lab.find_operator("nord").folder, "serve.log").read_text()
    assert "SERVERBUG" not in log
    assert "Traceback" not in log
