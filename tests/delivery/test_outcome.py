import pytest

from mssmail.core.reply import Reply
from mssmail.delivery.outcome import Deferred, Delivered, Failed, Outcome, read_outcome

OK, FORWARD, GO = Reply(250, "2.0.0", "kept"), Reply(251, "", "will forward"), Reply(354, "", "go")
LATER, NEVER = Reply(451, "4.3.0", "later"), Reply(550, "5.1.1", "never")


@pytest.mark.parametrize(
    ("reply", "reason", "outcome"),
    [
        (OK, "", Delivered(OK)),
        (FORWARD, "ignored", Delivered(FORWARD)),
        (GO, "", Deferred("354 go", GO)),
        (LATER, "", Deferred("451 4.3.0 later", LATER)),
        (LATER, "it broke off", Deferred("it broke off", LATER)),
        (NEVER, "ignored", Failed(NEVER)),
        (None, "it broke off", Deferred("it broke off")),
    ],
)
def test_what_a_reply_means_for_its_recipient(reply: Reply | None, reason: str, outcome: Outcome) -> None:
    assert read_outcome(reply, reason) == outcome
