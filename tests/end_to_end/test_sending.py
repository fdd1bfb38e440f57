"""The stranger's client, which submits for several and looks for what comes back."""

from mssmail.lab.check.mail import build_letter
from mssmail.lab.check.stage import Stage
from mssmail.lab.check.submission import find_messages, find_report, submit_to_many
from mssmail.lab.layout import Lab

MARIE, LABO, PAUL = "marie.martin@chu-nord.test", "resultats@labo-nord.test", "paul.durand@chu-sud.test"


def test_one_message_reaches_several_and_is_found(lab: Lab) -> None:
    stage, letter = Stage(lab), build_letter(MARIE, LABO, subject="several at once")
    assert submit_to_many(stage, letter, MARIE, [LABO, PAUL]).startswith("250")
    for each in (LABO, PAUL):
        (found,) = find_messages(stage, each, "HEADER", "Message-ID", f'"{letter.message_id}"')
        assert letter.message_id.encode() in found


def test_what_does_not_come_is_not_found(lab: Lab) -> None:
    stage, letter = Stage(lab), build_letter(MARIE, LABO)
    assert find_messages(stage, MARIE, "HEADER", "Message-ID", f'"{letter.message_id}"', seconds=0.1) == []
    assert find_report(stage, MARIE, letter, "failed", seconds=0.1) is None


def test_the_first_refusal_is_the_answer(lab: Lab) -> None:
    answer = submit_to_many(Stage(lab), build_letter(MARIE, LABO), MARIE, [LABO, "x@nowhere.example"])
    assert answer.startswith("550 5.7.1")
