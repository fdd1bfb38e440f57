"""Is a message too big before it is sent?"""

from mssmail.core.decision import Accept, Decision, refuse


def judge_size(announced: int | None, max_bytes: int) -> Decision:
    """Answer the SIZE parameter of MAIL (RFC 1870 §6.1); nothing announced is nothing refused."""
    if announced is not None and announced > max_bytes:
        return refuse("too-big", 552, "5.3.4", f"Message too big: {max_bytes} octets are taken")
    return Accept("size")
