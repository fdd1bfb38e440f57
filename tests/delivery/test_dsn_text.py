from datetime import UTC, datetime

import pytest

from mssmail.core.address import parse_address
from mssmail.core.reply import Reply
from mssmail.core.report import Action
from mssmail.delivery.dsn_text import SUBJECTS, build_text
from mssmail.delivery.reported import Report, ReportedMessage, ReportedRecipient

AT = datetime(2026, 6, 3, 8, 0, tzinfo=UTC)
MESSAGE = ReportedMessage(parse_address("me@ours.test"), b"Subject: x\r\n\r\n", "trace0001", AT)
ANNE, ZOE = (ReportedRecipient(parse_address(text)) for text in ("anne@a.test", "zoé@a.test"))


@pytest.mark.parametrize("action", Action)
def test_every_action_is_told_in_two_languages_for_one_and_for_many(action: Action) -> None:
    one = build_text(Report(action, MESSAGE, (ANNE,)), returns_all=False)
    many = build_text(Report(action, MESSAGE, (ANNE, ZOE)), returns_all=True)
    assert one.count("  anne@a.test\r\n") == many.count("  zoé@a.test\r\n") == 2
    assert "L'en-tête de votre message est joint.\r\n" in one
    assert "Your message is attached.\r\n" in many
    assert one.splitlines()[0] != many.splitlines()[0]
    assert one.endswith("Référence / Reference: trace0001\r\n")
    assert SUBJECTS[action].isascii()


def test_a_delay_says_how_long_it_is_tried() -> None:
    waiting = ReportedRecipient(ANNE.address, Reply(451, "4.3.0", "busy"), "", "mx.a.test", will_retry_until=AT)
    text = build_text(Report(Action.DELAYED, MESSAGE, (waiting,)), returns_all=False)
    assert "  Réponse de son serveur : 451 4.3.0 busy\r\n" in text
    assert "  Tried until: Wed, 03 Jun 2026 08:00:00 +0000\r\n" in text


def test_our_own_words_are_not_put_into_the_server_s_mouth() -> None:
    ours = ReportedRecipient(ANNE.address, None, "nobody answered")
    text = build_text(Report(Action.FAILED, MESSAGE, (ours,)), returns_all=False)
    assert "\r\n  nobody answered\r\n" in text
    assert "Its server answered" not in text
