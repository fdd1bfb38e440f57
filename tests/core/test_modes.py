"""The words of the configuration."""

from mssmail.core.modes import LogFormat, RevocationMode, SignWith, SmimeMode


def test_the_words_are_those_of_the_configuration() -> None:
    assert [each.value for each in SmimeMode] == ["require", "verify", "off"]
    assert [each.value for each in RevocationMode] == ["hard", "soft", "off"]
    assert [each.value for each in SignWith] == ["account", "organisation", "none"]
    assert [each.value for each in LogFormat] == ["text", "json"]
