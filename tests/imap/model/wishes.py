"""What clients may do, drawn without looking at what there is; then said in terms of what the client knows."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from tests.imap.model import lists
from tests.imap.model.listener import Listener, write_set
from tests.imap.model.lists import Effect, Flags

NAMES = ("INBOX", "A", "A/B", "C")
FLAGS = ("\\Seen", "\\Deleted", "\\Flagged", "blue")


@dataclass(frozen=True)
class Wish:
    """Drawn: everything a command may need, most of it unused by most."""

    verb: str
    picks: tuple[int, ...]
    by_uid: bool
    name: str
    other: str
    flags: Flags
    action: str
    silent: bool
    since: int  # 0: no condition; else the ModSeq of a message it knows, or less
    aside: bool  # another way of the same verb


@dataclass(frozen=True)
class Change:
    """Flags that the client takes for changed once it has said so."""

    uids: tuple[int, ...]
    action: str
    flags: Flags


@dataclass(frozen=True)
class Plan:
    """A command, what it does to the lists, and what the client makes of it before there is an answer."""

    text: str
    effect: Effect
    silent: Change | None = None
    leaves: bool = False
    read_only: bool = False
    back: int = 0  # the UIDVALIDITY of the cache it comes back with
    names: tuple[tuple[int, int], ...] = ()  # what each number of the command means: a UID


_VERBS = (
    *("store", "store", "store", "store", "store", "expunge", "expunge", "copy", "move", "move", "replace", "append"),
    *("select", "select", "leave", "search", "status", "list", "read", "read", "create", "create", "delete", "rename"),
)


def draw_wish(random: Random) -> Wish:
    """Something to do."""
    return Wish(
        verb=random.choice(_VERBS),
        picks=tuple(random.randint(0, 7) for _ in range(random.randint(1, 4))),
        by_uid=random.random() < 0.5,
        name=random.choice([*NAMES, "INBOX", "A"]),
        other=random.choice(NAMES),
        flags=frozenset(random.sample(FLAGS, random.choice([0, 1, 1, 1, 2, 3]))),
        action=random.choice(["+", "+", "-", ""]),
        silent=random.random() < 0.5,
        since=random.randint(0, 3),
        aside=random.random() < 0.3,
    )


# One number for each: hypothesis would else spend most of what it draws on a few small corners.
WISHES = st.integers(0, 2**64 - 1).map(lambda number: draw_wish(Random(number)))


def plan(wish: Wish, client: Listener, text: str) -> Plan:
    """The command; without a mailbox, or one that knows a message, another instead."""
    if wish.verb in _ANYWHERE:
        return _ANYWHERE[wish.verb](wish, client, text)
    if client.key is None:
        return _select(wish, client, text)
    if wish.verb in _SELECTED:
        return _SELECTED[wish.verb](wish, client, text)
    return _plan_for_messages(wish, client, text, client.list_known())


def _plan_for_messages(wish: Wish, client: Listener, text: str, known: "Chosen") -> Plan:
    if not known:
        return Plan("UID FETCH 1:* (UID FLAGS)", lists.nothing)
    if client.read_only and wish.verb in {"store", "expunge", "move", "replace"}:
        return Plan("STORE 1 +FLAGS (\\Seen)", lambda _: lists.refuse("NOPERM"))
    if wish.verb == "expunge" and wish.aside:
        return Plan("EXPUNGE", lists.expunge(client.key or 0, None))
    chosen = sorted({known[pick % len(known)] for pick in wish.picks})
    return _NAMING[wish.verb](wish, client, text, chosen)


def _append(wish: Wish, _: Listener, text: str) -> Plan:
    texts = [f"{text}{end}" for end in ("a", "b")[: 1 + (wish.aside and wish.silent)]]
    messages = " ".join(f"({' '.join(sorted(wish.flags))}) {_write(each)}" for each in texts)
    return Plan(f"APPEND {wish.name} {messages}", lists.append(wish.name, texts, wish.flags))


def _write(text: str) -> str:
    message = f"Subject: {text}\r\n\r\n{text}\r\n"
    return f"{{{len(message)}+}}\r\n{message}"


def _create(wish: Wish, _: Listener, __: str) -> Plan:
    return Plan(f"CREATE {wish.name}", lists.create(wish.name))


def _delete(wish: Wish, _: Listener, __: str) -> Plan:
    return Plan(f"DELETE {wish.name}", lists.delete(wish.name))


def _rename(wish: Wish, _: Listener, __: str) -> Plan:
    return Plan(f"RENAME {wish.name} {wish.other}", lists.rename(wish.name, wish.other))


def _select(wish: Wish, client: Listener, _: str) -> Plan:
    verb, options, back = "EXAMINE" if wish.aside else "SELECT", "", 0
    client.keep()
    if client.has_vanished and client.caches and wish.since:
        cached = list(client.caches.items())
        validity, (modseq, rows) = cached[wish.picks[0] % len(cached)] if wish.since == 1 else cached[-1]
        only = f" {write_set(sorted(rows))}" if wish.silent and rows else ""
        options, back = f" (QRESYNC ({validity} {modseq}{only}))", validity
    effect = lists.select(wish.name, read_only=wish.aside)
    return Plan(f"{verb} {wish.name}{options}", effect, leaves=True, read_only=wish.aside, back=back)


def _status(wish: Wish, _: Listener, __: str) -> Plan:
    return Plan(f"STATUS {wish.name} (MESSAGES UIDNEXT UNSEEN DELETED)", lists.status(wish.name))


def _list(_: Wish, __: Listener, ___: str) -> Plan:
    return Plan('LIST "" *', lists.list_names)


def _leave(wish: Wish, client: Listener, _: str) -> Plan:
    if wish.aside or client.key is None:
        return Plan("UNSELECT", lists.nothing, leaves=True)
    return Plan("CLOSE", lists.close(client.key, read_only=client.read_only), leaves=True)


def _search(wish: Wish, client: Listener, _: str) -> Plan:
    flag = sorted(wish.flags | {"blue"})[0]
    key = f"KEYWORD {flag}" if flag == "blue" else flag.removeprefix("\\").upper()
    return Plan(f"UID SEARCH {key}", lists.search(client.key or 0, flag))


Chosen = list[tuple[int, int]]


def _name(wish: Wish, chosen: Chosen) -> tuple[str, str, list[int]]:
    uids = [uid for _, uid in chosen]
    return ("UID ", write_set(uids), uids) if wish.by_uid else ("", write_set(number for number, _ in chosen), uids)


def _store(wish: Wish, client: Listener, _: str, chosen: Chosen) -> Plan:
    prefix, numbers, uids = _name(wish, chosen)
    told = [client.modseqs[uid] for uid in uids if uid in client.modseqs]
    since = max(told) + 1 - wish.since if wish.since and told and client.counts_modseq else None
    condition = "" if since is None else f"(UNCHANGEDSINCE {since}) "
    ending = ".SILENT" if wish.silent else ""
    text = f"{prefix}STORE {numbers} {condition}{wish.action}FLAGS{ending} ({' '.join(sorted(wish.flags))})"
    effect = lists.store(client.key or 0, uids, wish.action, wish.flags, since)
    change = Change(tuple(uids), wish.action, wish.flags) if wish.silent else None
    return Plan(text, effect, change, names=() if wish.by_uid else tuple(chosen))


def _expunge(wish: Wish, client: Listener, _: str, chosen: Chosen) -> Plan:
    uids = [uid for _, uid in chosen]
    return Plan(f"UID EXPUNGE {write_set(uids)}", lists.expunge(client.key or 0, uids))


def _copy(wish: Wish, client: Listener, _: str, chosen: Chosen) -> Plan:
    prefix, numbers, uids = _name(wish, chosen)
    moves = wish.verb == "move"
    effect = lists.copy(client.key or 0, uids, wish.name, moves=moves)
    return Plan(f"{prefix}{wish.verb.upper()} {numbers} {wish.name}", effect)


def _replace(wish: Wish, client: Listener, text: str, chosen: Chosen) -> Plan:
    (number, uid), prefix = chosen[0], "UID " if wish.by_uid else ""
    message = f"({' '.join(sorted(wish.flags))}) {_write(text)}"
    command = f"{prefix}REPLACE {uid if wish.by_uid else number} {wish.name} {message}"
    return Plan(command, lists.replace(client.key or 0, uid, wish.name, text, wish.flags))


def _read(wish: Wish, client: Listener, _: str, chosen: Chosen) -> Plan:
    prefix, numbers, uids = _name(wish, chosen)
    section = "BODY[TEXT]" if wish.aside else "BODY.PEEK[TEXT]"
    effect = lists.read(client.key or 0, uids, marks=wish.aside and not client.read_only)
    return Plan(f"{prefix}FETCH {numbers} ({'FLAGS ' if wish.silent else ''}{section})", effect)


_ANYWHERE: dict[str, Callable[[Wish, Listener, str], Plan]] = {
    "append": _append,
    "create": _create,
    "delete": _delete,
    "rename": _rename,
    "select": _select,
    "status": _status,
    "list": _list,
}
_SELECTED: dict[str, Callable[[Wish, Listener, str], Plan]] = {"leave": _leave, "search": _search}
_NAMING: dict[str, Callable[[Wish, Listener, str, Chosen], Plan]] = {
    "store": _store,
    "expunge": _expunge,
    "copy": _copy,
    "move": _copy,
    "replace": _replace,
    "read": _read,
}
