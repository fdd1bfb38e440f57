"""Where a message may show its reader something else than what was checked: each such trick has a name.

What is done about each is a decision, ``policy.content``'s; here are only the names.
"""

from dataclasses import dataclass
from enum import Enum


class Oddity(Enum):
    """What is odd; the value is the fact's name in reports, evidence and journal, and the rule that refuses it."""

    SEVERAL_FROM_FIELDS = "several-from-fields"
    HEADER_LOOK_ALIKE = "header-look-alike"  # a line that is no field, and that some reader takes for one
    HEADER_CONTROLS = "header-control-characters"
    NAME_IMITATES = "display-name-imitates"  # the display name shows an address that is not the author's
    NAME_HIDES = "display-name-hides"  # … or characters that hide the address, or turn it round
    AUTHOR_IN_DOUBT = "author-in-doubt"
    SENDER_IN_DOUBT = "sender-in-doubt"
    SENDER_DIFFERS = "sender-differs"
    FIELD_REPEATED = "field-repeated"  # readers show the first or the last
    PROTECTED_AUTHOR_DIFFERS = "protected-author-differs"  # the signed From is not the outer one (RFC 9788)
    PROTECTED_FIELD_DIFFERS = "protected-field-differs"
    FIELD_UNPROTECTED = "field-unprotected"  # fields are protected, this one is not among them
    MESSAGE_INSIDE = "signed-message-inside"  # what is signed is a whole message, and not said to be this one
    TEXT_BEFORE = "text-before-signed-part"
    SIGNED_IN_PART = "signed-in-part"  # a signature speaks for a part of what is shown
    SIGNED_WITHIN = "signed-within"  # another signature stands inside what is signed


@dataclass(frozen=True, slots=True)
class Notice:
    """One oddity of one message; the reason is printable ASCII on one line."""

    oddity: Oddity
    reason: str
