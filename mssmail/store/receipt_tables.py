"""The tables of receipts: those we owe, and what answers to our own mail are known by."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from mssmail.store.columns import Id, Moment, Words, metadata

receipts = Table(  # one per message and account, ever: RFC 8098 §2.1
    "receipts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("message_id", Id, ForeignKey("messages.id")),  # NULL once it is settled: then it keeps no message
    Column("trace_id", Text, nullable=False),  # of the message it is about
    Column("recipient", Text, nullable=False),  # the account in whose name it is sent
    Column("disposition", Text, nullable=False),
    Column("code", Integer),
    Column("note", Words, nullable=False),  # for people
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("ordered_at", Moment, nullable=False),
    Column("next_try_at", Moment, nullable=False),
    Column("outcome", Words, nullable=False),  # the receipt's own id, or the rule that declined it
    UniqueConstraint("trace_id", "recipient"),
    Index("receipts_by_due_time", "state", "next_try_at"),
    Index("receipts_by_message", "message_id"),
    Index("receipts_by_age", "ordered_at"),
    sqlite_autoincrement=True,
)

sent_mail = Table(  # messages of ours that asked for a receipt, by the name an answer gives them
    "sent_mail",
    metadata,
    Column("header_message_id", Text, primary_key=True),
    Column("sender", Text, primary_key=True),  # the account's key
    Column("trace_id", Text, nullable=False),
    Column("recipients", Text, nullable=False),  # JSON: their keys
    Column("sent_at", Moment, nullable=False),
    Index("sent_mail_by_age", "sent_at"),
    sqlite_with_rowid=False,
)
