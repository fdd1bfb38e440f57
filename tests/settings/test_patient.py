"""Without a patients' domain there is no rule; with one, all of them hold."""

from mssmail.settings import Patient


def test_every_rule_holds_as_soon_as_there_is_a_domain() -> None:
    usual = Patient()
    assert usual.domains == ()
    assert usual.check_address
    assert usual.professional_first
    assert usual.honour_closing
    assert usual.one_patient
    assert usual.max_message_bytes == 25 * 1024 * 1024
