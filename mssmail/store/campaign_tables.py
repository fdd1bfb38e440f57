"""The tables of campaigns: the ledger that keeps anybody from getting a message twice."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from mssmail.store.columns import Id, Moment, Words, metadata

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account", Text, nullable=False),
    Column("name", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("account", "name"),
    Index("campaigns_by_age", "created_at"),
    sqlite_autoincrement=True,
)

campaign_rows = Table(  # one recipient, once
    "campaign_rows",
    metadata,
    Column("campaign_id", Id, ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),  # the message, unsigned; empty once it is sent
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", Moment, nullable=False),
    Column("trace_id", Text, nullable=False),
    Column("outcome", Words, nullable=False),
    Index("campaign_rows_by_due_time", "state", "next_try_at"),
    sqlite_with_rowid=False,
)
