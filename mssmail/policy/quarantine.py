"""What becomes of bytes that end the workers which look at them?"""

from mssmail.core.decision import Accept, Decision, Refuse, refuse

MAX_DEATHS = 2
"""Workers the same bytes may end: one may die of something else, two do not."""


def judge_admission(*, is_held: bool) -> Decision:
    """Answer, before a message is examined, whether these bytes may be: those in quarantine end no more workers."""
    if is_held:
        return refuse(
            "in-quarantine", 554, "5.6.0", "This message cannot be examined; it is in quarantine for the administrator"
        )
    return Accept("not-in-quarantine")


def judge_death(deaths: int) -> Refuse:
    """Answer a message that ended the worker examining it; ``deaths`` counts this one."""
    if deaths < MAX_DEATHS:
        return refuse("worker-died", 451, "4.3.0", "The message could not be examined now; try again later")
    text = f"The message cannot be examined: {deaths} attempts broke off; the administrator has a copy"
    return refuse("worker-died-again", 554, "5.6.0", text)


def may_read_documents(deaths: int) -> bool:
    """Whether the documents of these bytes are looked at once more, after so many readers died of them."""
    return deaths < MAX_DEATHS
