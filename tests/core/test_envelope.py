"""An envelope has somebody to go to."""

from datetime import UTC, datetime

import pytest

from mssmail.core.envelope import Envelope, Peer
from mssmail.core.message import RawMessage


def test_refuses_an_envelope_without_recipient() -> None:
    with pytest.raises(ValueError, match="recipient"):
        Envelope("id", None, (), Peer("127.0.0.1", 1), RawMessage(b""), datetime(2026, 1, 1, tzinfo=UTC))
