"""An envelope has somebody to go to."""

from datetime import UTC, datetime

import pytest

from mssmail.core.address import Address
from mssmail.core.envelope import Envelope, Peer
from mssmail.core.message import RawMessage
from mssmail.core.parameters import NO_PARAMETERS, RecipientParameters


def test_refuses_an_envelope_without_recipient() -> None:
    with pytest.raises(ValueError, match="recipient"):
        Envelope("id", None, (), Peer("127.0.0.1", 1), RawMessage(b""), datetime(2026, 1, 1, tzinfo=UTC))


def test_what_was_asked_for_is_found_by_recipient() -> None:
    anne, bob = Address("anne", "a.test"), Address("bob", "a.test")
    asked = {anne: RecipientParameters("NEVER")}
    at = datetime(2026, 1, 1, tzinfo=UTC)
    envelope = Envelope("id", None, (anne, bob), Peer("127.0.0.1", 1), RawMessage(b""), at, asked=asked)
    assert envelope.find_parameters(anne).is_never
    assert envelope.find_parameters(bob) == NO_PARAMETERS
