"""GETMETADATA and SETMETADATA: what people and programs note beside mailboxes (RFC 5464).

Who may look a mailbox up and do anything in it sees its shared entries and notes private ones; to change shared ones
takes the right ``w``. The server's own shared entries are in the configuration. What others change is told to who asked
for it by NOTIFY; ENABLE METADATA is not offered (RFC 5464 §4.1).
"""

from collections.abc import Iterator, Sequence

from mssmail.core.annotation import ADMIN, COMMENT, SPECIAL_USE, Annotation, is_within
from mssmail.imap.replies import Answer, no, ok
from mssmail.imap.session import Session
from mssmail.imap.verbs.create import USES
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.metadata_writer import Metadata
from mssmail.imap.wire.response_codes import build_metadata

_PIECE = 65_536  # octets of values in one response
_LONGEST = 500  # characters of what we log
_USES = {use.lower().encode("ascii"): use.encode("ascii") for use in USES}


async def tell(session: Session, command: c.GetMetadata) -> Answer:
    """GETMETADATA; an entry asked for by its own name that is not there is told as NIL."""
    name, held = await session.store.annotations.load(session.owner, command.mailbox)
    if not command.mailbox:
        held = [*_list_server_entries(session), *held]
    found = _find_entries(command, held)
    sizes = [len(each.value or b"") for each in found]
    limit = max(sizes, default=0) if command.max_size is None else command.max_size
    told = [each for each, size in zip(found, sizes, strict=True) if size <= limit]
    for group in _split(told):
        await session.tell(Metadata(name, tuple(group)))
    longest = max(sizes, default=0)
    return ok("GETMETADATA completed", build_metadata("LONGENTRIES", longest) if longest > limit else None)


def _list_server_entries(session: Session) -> list[Annotation]:
    texts = {ADMIN: session.terms.admin_uri, COMMENT: session.terms.comment}
    return [Annotation(entry, text.encode("utf-8")) for entry, text in texts.items() if text]


def _find_entries(command: c.GetMetadata, held: Sequence[Annotation]) -> list[Annotation]:
    """Those asked for in the order they were asked for, each once."""
    found: dict[str, Annotation] = {}
    for asked in command.entries:
        key = asked.lower()
        for each in held:
            if is_within(each.key, key, command.depth):
                found.setdefault(each.key, each)
        if command.depth == 0:
            found.setdefault(key, Annotation(asked, None))
    return list(found.values())


def _split(told: Sequence[Annotation]) -> Iterator[list[Annotation]]:
    group: list[Annotation] = []
    size = 0
    for each in told:
        if group and size >= _PIECE:
            yield group
            group, size = [], 0
        group.append(each)
        size += len(each.value or b"")
    if group:
        yield group


async def change(session: Session, command: c.SetMetadata) -> Answer:
    """SETMETADATA: all entries, or none."""
    if command.mailbox and any(each.key == SPECIAL_USE and _spell_use(each) is None for each in command.changes):
        return no("There is no such use here, or more than one", "USEATTR")  # RFC 6154 §4
    changes = tuple(_spell_use(each) or each for each in command.changes)
    maker = None if session.watch is None else session.watch.herald
    await session.store.annotations.change(session.owner, command.mailbox, changes, maker=maker)
    entries = " ".join(each.entry for each in command.changes)
    session.note("annotated", mailbox=command.mailbox, entries=entries[:_LONGEST])
    return ok("SETMETADATA completed")


def _spell_use(change: Annotation) -> Annotation | None:
    """The change of a special use as LIST spells it; None for what is no use, or no change of one."""
    use = _USES.get((change.value or b"").lower())
    return None if change.key != SPECIAL_USE or use is None else Annotation(SPECIAL_USE, use)
