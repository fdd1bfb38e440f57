"""The bytes of messages: small ones in the database, large ones in files named by their SHA-256.

A file is written and fsynced before the commit that refers to it, so that one large message does not stall everybody's
commit. Files are unlinked only by the sweep, which holds the database's write lock and believes only what was committed
before; and every transaction that refers to a file looks, under the same lock, whether the file is still the one it
wrote. Between the two no reference can lose its file, whichever process sweeps.
"""

import hashlib
import logging
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from mssmail.core.message import Span
from mssmail.errors import NoSuchMailbox, StoreUnavailable
from mssmail.store.prepared import Prepared, read_id
from mssmail.store.schema import bodies, dead_bodies, messages

_log = logging.getLogger(__name__)

INLINE_BYTES = 131_072
_SWEEP_LIMIT = 64  # files at a time: the write lock is held meanwhile
_MAY_HAVE_DEAD = "may_have_dead_bodies"  # in Connection.info: spares a transaction after every batch

# Statements of the hot path stand ready: building one costs more than running it.
_FIND_BODY = Prepared(select(bodies.c.id).where(bodies.c.sha256 == bindparam("of_digest")))
_INSERT_BODY = Prepared(insert(bodies).returning(bodies.c.id), ("sha256", "length", "data"))
_READ_BODY = Prepared(
    select(bodies.c.sha256, func.substr(bodies.c.data, bindparam("first"), bindparam("octets")))
    .join(messages, messages.c.body_id == bodies.c.id)
    .where(messages.c.id == bindparam("of_message"))
)

# Asked first: SQLite 3.40 does not always tell in RETURNING whether a deleted row's blob was NULL.
_FIND_UNUSED = Prepared(
    select(bodies.c.sha256, bodies.c.data.is_(None))
    .where(bodies.c.id == bindparam("of_body"))
    .where(~select(messages.c.id).where(messages.c.body_id == bodies.c.id).exists())
)
_DROP_BODY = Prepared(delete(bodies).where(bodies.c.id == bindparam("of_body")))


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes on their way into the store. ``identity`` tells the file that was fsynced; None: they go into the row."""

    sha256: str
    data: bytes
    identity: tuple[int, int] | None = None


class BodyFiles:
    """The directory of large bodies: ``ab/abcd…`` by SHA-256."""

    def __init__(self, directory: Path, inline_bytes: int = INLINE_BYTES) -> None:
        self._directory = directory
        self._inline_bytes = inline_bytes
        (directory / "tmp").mkdir(mode=0o700, parents=True, exist_ok=True)

    def keep(self, data: bytes, sha256: str | None = None) -> Body:
        """The body, ready to be referred to; a large one is on the disk when this returns, so it may take a while.

        ``sha256`` is given by who knows it already.
        """
        body = Body(sha256 or hashlib.sha256(data).hexdigest(), data)
        if len(data) <= self._inline_bytes:
            return body
        return Body(body.sha256, data, self._write(body))

    def confirm(self, body: Body) -> None:
        """Called inside the transaction that refers to the body: its file must be there when that commits."""
        if body.identity is not None and self._identify(body.sha256) != body.identity:
            self._write(body)

    def read(self, sha256: str, span: Span) -> bytes:
        """Bytes of a kept file; raises StoreUnavailable when it is missing or short."""
        try:
            handle = os.open(self.path(sha256), os.O_RDONLY)
            try:
                data = _read_at(handle, span)
            finally:
                os.close(handle)
        except OSError as error:
            raise StoreUnavailable("a body cannot be read", sha256=sha256, cause=repr(error)) from error
        if len(data) != len(span):
            raise StoreUnavailable("a body is shorter than it was", sha256=sha256)
        return data

    def path(self, sha256: str) -> Path:
        """Where the file of this name lies."""
        return self._directory / sha256[:2] / sha256

    def list_files(self) -> Iterator[tuple[str, Path]]:
        """(SHA-256 as named, path) of every kept file."""
        for path in sorted(self._directory.glob("[0-9a-f][0-9a-f]/*")):
            yield path.name, path

    def clear_unfinished(self) -> None:
        """Remove what a killed process was still writing."""
        for path in (self._directory / "tmp").iterdir():
            path.unlink(missing_ok=True)

    def unlink(self, sha256: str) -> bool:
        """Remove a file nobody refers to; False when the disk does not let us now."""
        try:
            self.path(sha256).unlink(missing_ok=True)
        except OSError:
            _log.warning("a dead body cannot be removed", exc_info=True)
            return False
        return True

    def _identify(self, sha256: str) -> tuple[int, int] | None:
        try:
            status = self.path(sha256).stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_ctime_ns

    def _measure(self, sha256: str) -> int | None:
        """Octets of the file, None when there is none: one look, for the sweep may take it between two."""
        try:
            return self.path(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def _write(self, body: Body) -> tuple[int, int]:
        path = self.path(body.sha256)
        if not path.parent.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            _sync_directory(self._directory)
        if self._measure(body.sha256) != len(body.data):
            unfinished = self._directory / "tmp" / secrets.token_hex(16)
            try:
                _write_file(unfinished, body.data)
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
        # Also when the file was there: whoever made it may not have come to this line yet.
        _sync_directory(path.parent)
        identity = self._identify(body.sha256)
        if identity is None:  # swept since: ``confirm`` will write it under the lock
            return 0, 0
        return identity


def find_files(conn: Connection) -> BodyFiles:
    """The directory that belongs to this connection's database."""
    files: BodyFiles = conn.info["body_files"]
    return files


def refer_to_body(conn: Connection, body: Body) -> int:
    """The id of the row for these bytes, made when it is their first."""
    digest = bytes.fromhex(body.sha256)
    found = _FIND_BODY.fetch(conn, {"of_digest": digest})
    find_files(conn).confirm(body)
    if found is not None:
        return int(found[0])
    data = body.data if body.identity is None else None
    made = _INSERT_BODY.fetch(conn, {"sha256": digest, "length": len(body.data), "data": data})
    return read_id(made)


def drop_bodies(conn: Connection, body_ids: list[int]) -> None:
    """Remove the rows no message refers to, and mark their files for the sweep."""
    if len(body_ids) == 1:  # what a delivered message leaves behind
        row = _FIND_UNUSED.fetch(conn, {"of_body": body_ids[0]})
        if row is not None:
            _DROP_BODY.run(conn, ({"of_body": body_ids[0]},))
            _mark_files(conn, [row[0]] if row[1] else [])
        return
    unused = list(
        conn.execute(
            select(bodies.c.id, bodies.c.sha256, bodies.c.data.is_(None))
            .where(bodies.c.id.in_(body_ids))
            .where(~select(messages.c.id).where(messages.c.body_id == bodies.c.id).exists())
        )
    )
    conn.execute(delete(bodies).where(bodies.c.id.in_([body_id for body_id, _, _ in unused])))
    _mark_files(conn, [digest for _, digest, in_file in unused if in_file])


def _mark_files(conn: Connection, files: list[bytes]) -> None:
    if files:
        conn.execute(delete(dead_bodies).where(dead_bodies.c.sha256.in_(files)))  # those of an earlier death
        conn.execute(insert(dead_bodies), [{"sha256": digest} for digest in files])
        conn.info[_MAY_HAVE_DEAD] = True


def sweep_dead_bodies(conn: Connection) -> None:
    """Unlink files no row refers to. Must be a transaction of its own: it believes only what was committed before."""
    if not conn.info.get(_MAY_HAVE_DEAD, True):
        return
    files = find_files(conn)
    with conn.begin():
        digests = list(conn.execute(select(dead_bodies.c.sha256).limit(_SWEEP_LIMIT)).scalars())
        alive = set(conn.execute(select(bodies.c.sha256).where(bodies.c.sha256.in_(digests))).scalars())
        swept = [digest for digest in digests if digest in alive or files.unlink(digest.hex())]
        conn.execute(delete(dead_bodies).where(dead_bodies.c.sha256.in_(swept)))
    conn.info[_MAY_HAVE_DEAD] = len(swept) == _SWEEP_LIMIT


def read_body(conn: Connection, message_id: int, span: Span) -> bytes:
    """Bytes of a message without our prefix; raises NoSuchMailbox when the message has gone."""
    row = _READ_BODY.fetch(conn, {"of_message": message_id, "first": span.start + 1, "octets": len(span)})
    if row is None:
        raise NoSuchMailbox("the message has gone", message_id=message_id)
    digest, data = row
    return bytes(data) if data is not None else find_files(conn).read(digest.hex(), span)


def _write_file(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read_at(handle: int, span: Span) -> bytes:
    pieces: list[bytes] = []
    place = span.start
    while place < span.end:
        piece = os.pread(handle, span.end - place, place)
        if not piece:
            break
        pieces.append(piece)
        place += len(piece)
    return b"".join(pieces)
