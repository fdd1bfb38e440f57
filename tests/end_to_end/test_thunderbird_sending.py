"""Thunderbird writes, is answered by another Thunderbird's receipt, and shows an abnormal result in red."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from shutil import which

import pytest

from mssmail.lab.check.cases import LABO, NORD, SUD
from mssmail.lab.check.document_cases import ABNORMAL
from mssmail.lab.check.documents import attach
from mssmail.lab.check.mail import build_letter, sign_letter
from mssmail.lab.check.stage import Stage
from mssmail.lab.check.submission import find_messages
from mssmail.lab.layout import Lab
from tests.support.command import run
from tests.support.thunderbird import Thunderbird

pytestmark = [
    pytest.mark.xdist_group("lab"),
    pytest.mark.skipif(which("thunderbird") is None, reason="thunderbird is not here"),
]

Start = Callable[..., Thunderbird]


@pytest.fixture
def start(lab: Lab, tmp_path: Path) -> Iterator[Start]:
    """Starts Thunderbirds of the lab's accounts, one at a time: each ends the one before."""
    made: list[Thunderbird] = []
    profiles = count()

    def begin(address: str, *, starttls: bool = False) -> Thunderbird:
        end()
        profile = tmp_path / f"bird{next(profiles)}"
        made.append(Thunderbird(profile, lab, Stage(lab).account(address), starttls=starttls))
        return made[-1]

    def end() -> None:
        while made:
            made.pop().close()

    yield begin
    end()


def _find_confirmation(lab: Lab, trace_id: str) -> dict[str, object]:
    config = str(lab.find_operator("nord").config)
    for _ in range(100):
        shown = run("message", "show", trace_id, "--config", config, "--json").out
        found = json.loads(shown) if shown.startswith("[") else []
        if found and found[0].get("confirmed"):
            return dict(found[0]["confirmed"][0])
        time.sleep(0.2)
    raise AssertionError("nobody has confirmed it")


def _find_trace_id(lab: Lab, letter: bytes) -> str:
    """The sending operator's id, as its Received field says it."""
    words = letter.partition(b"by mss.chu-nord.test")[2].split()
    return words[words.index(b"id") + 1].decode()


@pytest.mark.parametrize("starttls", [True, False], ids=["STARTTLS", "TLS"])
def test_a_letter_written_in_thunderbird_arrives_signed(lab: Lab, start: Start, *, starttls: bool) -> None:
    subject = f"Écrit par {'STARTTLS' if starttls else 'TLS'}"
    assert start(NORD, starttls=starttls).write(SUD, subject, receipt=False) is True
    found = find_messages(Stage(lab), SUD, "SUBJECT", '"crit par"', "TEXT", f'"{subject.rsplit(maxsplit=1)[-1]}"')
    assert found
    assert b"Authentication-Results: mss.chu-sud.test; smime=pass" in found[-1]


def test_another_thunderbird_returns_the_receipt_that_was_asked_for(lab: Lab, start: Start) -> None:
    assert start(NORD).write(SUD, "Avec accusé", receipt=True) is True
    [letter] = find_messages(Stage(lab), SUD, "HEADER", "Disposition-Notification-To", '"marie"')
    reader = start(SUD)
    assert reader.show("Avec accusé") is True
    assert reader.run("""
        const bar = () => tabmail().currentAboutMessage.gMessageNotificationBar;
        if (!await until(() => bar()?.mdnGenerator)) { return "nobody was asked for a receipt"; }
        tabmail().currentAboutMessage.SendMDNResponse();
        return true;
    """)
    told = _find_confirmation(lab, _find_trace_id(lab, letter))
    assert (told["recipient"], told["disposition"], told["automatic"]) == (SUD, "displayed", False)
    assert "doubt" not in told


@pytest.mark.parametrize(
    ("view", "part", "property_", "red"),
    [
        (1, "row.querySelector('td')", "color", "rgb(255, 0, 0)"),
        (
            0,
            "row.querySelector('thread-card-tags')?.shadowRoot.querySelector('img:not([hidden])')",
            "--tag-color",
            "#FF0000",
        ),
    ],
    ids=["table", "cards"],
)
def test_an_abnormal_result_is_red_and_a_letter_is_not(
    lab: Lab, start: Start, view: int, part: str, property_: str, red: str
) -> None:
    """In the table the whole line is red; on a card, Thunderbird's view at first, the mark of the tag is."""
    stage = Stage(lab)
    report = sign_letter(attach(LABO, SUD, ABNORMAL), stage.operator_of(LABO).path / "keys" / f"{LABO}.pem")
    letter = build_letter(NORD, SUD, subject="Sans couleur")
    for each, author in ((report, LABO), (letter, NORD)):
        assert stage.submit(each, author, SUD).startswith("250")
        assert stage.fetch(SUD, each) is not None
    shown = start(SUD).run(f"""
        Services.prefs.setIntPref("mail.threadpane.listview", {view});
        inbox().updateFolder(null);
        const has = words => [...inbox().messages].some(each => each.mime2DecodedSubject.includes(words));
        if (!await until(() => has("examens biologiques") && has("Sans couleur"))) {{ return "not listed"; }}
        const pane = tabmail().currentAbout3Pane;
        pane.displayFolder(inbox().URI);
        const find = words => [...pane.threadTree.querySelectorAll("tr")].find(row => row.textContent.includes(words));
        await until(() => find("examens biologiques") && find("Sans couleur"));
        await pause(500);
        const colour = words => {{
          const row = find(words), found = {part};
          return found ? pane.getComputedStyle(found).getPropertyValue("{property_}") : "no colour";
        }};
        return [colour("examens biologiques"), colour("Sans couleur")];
    """)
    assert shown[0] == red
    assert shown[1] != red
