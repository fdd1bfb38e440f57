"""Is the header one that anybody needs? Asked before the message is examined, because absurd ones cost the most."""

from mssmail.core.decision import Accept, Decision, refuse

MAX_HOPS = 100
"""Received fields beyond which a message goes in circles (RFC 5321 §6.3)."""


def judge_header(octets: int, fields: int, hops: int, *, max_octets: int, max_fields: int) -> Decision:
    """Answer the end of DATA, for peers and clients alike, before anything is parsed.

    What is beyond these limits would not be read whole: nobody could say who its author is, or find its Bcc.
    """
    if octets > max_octets:
        return refuse("header-too-big", 552, "5.3.4", f"The header is too big: {max_octets} octets are taken")
    if fields > max_fields:
        return refuse("too-many-fields", 552, "5.3.4", f"The header is too big: {max_fields} fields are taken")
    if hops > MAX_HOPS:
        return refuse("routing-loop", 554, "5.4.6", "Too many hops: the message goes in circles")
    return Accept("header")
