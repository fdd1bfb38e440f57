"""The tables of trust: what ended the workers that looked at it, and what was learnt of signers and peers."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Table, Text

from mssmail.store.columns import Moment, Words, metadata

worker_deaths = Table(  # bytes that ended a worker, by what it was doing; remembered for a while
    "worker_deaths",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("step", Text, primary_key=True),  # examine, documents
    Column("deaths", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

quarantine = Table(  # bytes that ended several workers: refused unseen, kept for the operator in files of their own
    "quarantine",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("length", BigInteger, nullable=False),
    Column("is_kept", Boolean, nullable=False),  # the bytes are there; false once dropped, or when there was no room
    Column("trace_id", Text, nullable=False),
    Column("cause", Words, nullable=False),
    Column("envelope", Words, nullable=False),  # JSON: who brought it, for whom
    Column("held_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
