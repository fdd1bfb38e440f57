from datetime import UTC, datetime

from mssmail.core.exchange import Exchange, ExchangeState

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_an_exchange_is_open_until_it_is_closed() -> None:
    assert Exchange(1, "a@a.test", "p@p.test", NOW, NOW).state is ExchangeState.OPEN
    assert Exchange(1, "a@a.test", "p@p.test", NOW, NOW, NOW).state is ExchangeState.CLOSED
