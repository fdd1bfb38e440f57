"""The outbox of connectors: deliveries of health documents that are owed to software."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from mssmail.store.columns import Id, Moment, Words, metadata

filings = Table(  # one message for one connector; what is settled is removed, the journal remembers
    "filings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("message_id", Id, ForeignKey("messages.id"), nullable=False),  # which it keeps from going
    Column("trace_id", Text, nullable=False),
    Column("connector", Words, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("patient", Words, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("next_try_at", Moment, nullable=False),
    Column("last_error", Words, nullable=False),
    Index("filings_by_due_time", "connector", "state", "next_try_at"),
    Index("filings_by_patient", "connector", "patient", "id"),
    Index("filings_by_message", "message_id"),
    sqlite_autoincrement=True,
)
