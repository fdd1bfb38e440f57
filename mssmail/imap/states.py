"""The states of a connection and what is allowed in each, as a table (RFC 9051 §3).

::

    greeting → NOT_AUTHENTICATED → AUTHENTICATED ⇄ SELECTED
                        └──────────────┴─────────────┴→ LOGOUT

The state is derived from what the session holds (an account, a view), so that it cannot disagree with it.
"""

from enum import Enum, auto

from mssmail.errors import WrongState
from mssmail.imap.wire import commands as c


class State(Enum):
    """RFC 9051 §3.1 to §3.4."""

    NOT_AUTHENTICATED = auto()
    AUTHENTICATED = auto()
    SELECTED = auto()
    LOGOUT = auto()


_ANY = frozenset({State.NOT_AUTHENTICATED, State.AUTHENTICATED, State.SELECTED})
_BEFORE = frozenset({State.NOT_AUTHENTICATED})
_SIGNED_IN = frozenset({State.AUTHENTICATED, State.SELECTED})
_SELECTED = frozenset({State.SELECTED})

ALLOWED: dict[type[c.CommandBody], frozenset[State]] = {
    # RFC 9051 §6.1: any state. An unparsable line is answered BAD wherever it comes.
    c.Capability: _ANY,
    c.Noop: _ANY,
    c.Logout: _ANY,
    c.Id: _ANY,  # RFC 2971 §3
    c.Unparsable: _ANY,
    # §6.2: not authenticated
    c.StartTls: _BEFORE,
    c.Authenticate: _BEFORE,
    c.Login: _BEFORE,
    # §6.3: authenticated
    c.Enable: _SIGNED_IN,  # RFC 5161 §3.1 has it before SELECT; a late one does no harm here
    c.Select: _SIGNED_IN,
    c.Create: _SIGNED_IN,
    c.Delete: _SIGNED_IN,
    c.Rename: _SIGNED_IN,
    c.Subscribe: _SIGNED_IN,
    c.List: _SIGNED_IN,
    c.Namespace: _SIGNED_IN,
    c.Status: _SIGNED_IN,
    c.Append: _SIGNED_IN,
    c.GetQuota: _SIGNED_IN,
    c.SetAcl: _SIGNED_IN,  # RFC 4314 §3
    c.DeleteAcl: _SIGNED_IN,
    c.GetAcl: _SIGNED_IN,
    c.ListRights: _SIGNED_IN,
    c.MyRights: _SIGNED_IN,
    c.GetQuotaRoot: _SIGNED_IN,
    c.GetMetadata: _SIGNED_IN,  # RFC 5464 §4.2
    c.SetMetadata: _SIGNED_IN,
    c.Idle: _SIGNED_IN,  # RFC 2177 §3
    c.Notify: _SIGNED_IN,  # RFC 5465 §8
    # §6.4: selected
    c.Check: _SELECTED,
    c.Close: _SELECTED,
    c.Unselect: _SELECTED,
    c.Expunge: _SELECTED,
    c.Search: _SELECTED,
    c.CancelUpdate: _SELECTED,
    c.Sort: _SELECTED,
    c.Thread: _SELECTED,
    c.Fetch: _SELECTED,
    c.Store: _SELECTED,
    c.Copy: _SELECTED,
    c.Move: _SELECTED,
    c.Replace: _SELECTED,  # RFC 8508 §3
}

_WANTED = {_BEFORE: "Already signed in", _SIGNED_IN: "Sign in first", _SELECTED: "Select a mailbox first"}


def is_of_selected(body: c.CommandBody) -> bool:
    """The command is about the selected mailbox, and for no other state."""
    return ALLOWED[type(body)] == _SELECTED


def require_state(state: State, body: c.CommandBody) -> None:
    """Raise WrongState when the command is not for this state; its text may be read by the client."""
    allowed = ALLOWED[type(body)]
    if state not in allowed:
        raise WrongState(_WANTED.get(allowed, "Signed out"))
