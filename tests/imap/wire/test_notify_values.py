"""NOTIFY as values: the names are the standard's, whatever the spelling on the wire."""

from mssmail.imap.wire.notify_values import NAMING, OF_MESSAGES, OF_SELECTED, Happening, Notify, Scope


def test_every_event_and_every_scope_has_one_name() -> None:
    assert len({event.value.upper() for event in Happening}) == len(Happening) == 8
    assert {scope.value for scope in NAMING} == {"SUBTREE", "MAILBOXES"}
    assert {scope.value for scope in OF_SELECTED} == {"SELECTED", "SELECTED-DELAYED"}
    assert set(Scope) - NAMING - OF_SELECTED == {Scope.INBOXES, Scope.PERSONAL, Scope.SUBSCRIBED}
    assert {event.value for event in set(Happening) - OF_MESSAGES} == {
        *("MailboxName", "SubscriptionChange", "MailboxMetadataChange", "ServerMetadataChange"),
    }


def test_none_is_a_notify_without_groups() -> None:
    assert Notify() == Notify((), status=False)
