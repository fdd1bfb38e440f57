"""What a delivery report tells of a recipient (RFC 3464 §2.3.3)."""

from enum import Enum


class Action(Enum):
    """What became of the message."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"  # it lies in the recipient's mailbox
    RELAYED = "relayed"  # handed to a server that sends no success reports
    EXPANDED = "expanded"  # handed on to several, whose own fate is not reported
