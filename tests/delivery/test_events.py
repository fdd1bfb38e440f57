import pytest

from mssmail.delivery.events import Capabilities, Transaction


@pytest.mark.parametrize(
    ("parameter", "octets"),
    [("1000", 1000), ("0", None), ("", None), ("-5", None), ("many", None), ("1" * 30, None)],
)
def test_the_size_a_peer_announces(parameter: str, octets: int | None) -> None:
    assert Capabilities("mx.test", {"SIZE": parameter}).max_bytes == octets


def test_a_keyword_is_there_or_not() -> None:
    capabilities = Capabilities("mx.test", {"PIPELINING": ""})
    assert capabilities.has("PIPELINING")
    assert not capabilities.has("8BITMIME")
    assert capabilities.max_bytes is None


def test_a_transaction_without_recipient_cannot_be() -> None:
    with pytest.raises(ValueError, match="recipient"):
        Transaction(None, (), b"")


@pytest.mark.parametrize(
    ("limits", "recipients", "messages"),
    [
        ("RCPTMAX=20 MAILMAX=5", 20, 5),
        ("mailmax=1", None, 1),
        ("RCPTMAX=0 MAILMAX=x", None, None),
        ("RCPTMAX=1234567 RCPTMAX=3", 3, None),
        ("RCPTMAX", None, None),
        ("RCPTMAX=\u0661", None, None),
        ("", None, None),
    ],
)
def test_a_peer_s_limits_are_read_with_care(limits: str, recipients: int | None, messages: int | None) -> None:
    capabilities = Capabilities("mx", {"LIMITS": limits})
    assert (capabilities.max_recipients, capabilities.max_messages) == (recipients, messages)
