"""Which command is allowed where: the whole table, command by command."""

import typing

import pytest

from mssmail.errors import WrongState
from mssmail.imap.states import ALLOWED, State, require_state
from mssmail.imap.wire import commands as c

_LIVE = [State.NOT_AUTHENTICATED, State.AUTHENTICATED, State.SELECTED]
_SAMPLES: dict[str, tuple[c.CommandBody, str]] = {
    # command, states of _LIVE in which it is allowed
    "capability": (c.Capability(), "nas"),
    "noop": (c.Noop(), "nas"),
    "logout": (c.Logout(), "nas"),
    "id": (c.Id(()), "nas"),
    "unparsable": (c.Unparsable("?"), "nas"),
    "starttls": (c.StartTls(), "n"),
    "authenticate": (c.Authenticate("PLAIN"), "n"),
    "login": (c.Login("u", "p"), "n"),
    "enable": (c.Enable(()), "as"),
    "select": (c.Select("INBOX"), "as"),
    "create": (c.Create("x"), "as"),
    "delete": (c.Delete("x"), "as"),
    "rename": (c.Rename("x", "y"), "as"),
    "subscribe": (c.Subscribe("x"), "as"),
    "list": (c.List("LIST", "", ("*",)), "as"),
    "namespace": (c.Namespace(), "as"),
    "status": (c.Status("x", ("MESSAGES",)), "as"),
    "getquota": (c.GetQuota(""), "as"),
    "getquotaroot": (c.GetQuotaRoot("x"), "as"),
    "append": (c.Append("x", ()), "as"),
    "idle": (c.Idle(), "as"),
    "check": (c.Check(), "s"),
    "close": (c.Close(), "s"),
    "unselect": (c.Unselect(), "s"),
    "expunge": (c.Expunge(), "s"),
}


@pytest.mark.parametrize("state", _LIVE)
@pytest.mark.parametrize("name", _SAMPLES)
def test_a_command_is_allowed_in_its_states_only(name: str, state: State) -> None:
    body, letters = _SAMPLES[name]
    if state.name[0].lower() in letters:
        require_state(state, body)
    else:
        with pytest.raises(WrongState):
            require_state(state, body)


@pytest.mark.parametrize("kind", [c.Search, c.Fetch, c.Store, c.Copy])
def test_commands_on_messages_need_a_selected_mailbox(kind: type[c.CommandBody]) -> None:
    assert ALLOWED[kind] == {State.SELECTED}


def test_every_command_has_its_row() -> None:
    assert set(ALLOWED) == set(typing.get_args(c.CommandBody))


def test_nothing_is_allowed_after_logout() -> None:
    for body, _ in _SAMPLES.values():
        with pytest.raises(WrongState):
            require_state(State.LOGOUT, body)
