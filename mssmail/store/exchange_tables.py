"""The tables of exchanges between professionals and patients."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from mssmail.store.columns import Id, Moment, metadata

exchanges = Table(
    "exchanges",
    metadata,
    Column("id", Id, primary_key=True),
    Column("professional", Text, nullable=False),  # address keys
    Column("patient", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("closed_at", Moment),  # NULL: the patient may answer
    Index("exchanges_by_pair", "professional", "patient"),
    Index("exchanges_by_age", "last_at"),
    sqlite_autoincrement=True,
)

exchange_messages = Table(  # by what an answer names it
    "exchange_messages",
    metadata,
    Column("exchange_id", Id, ForeignKey("exchanges.id", ondelete="CASCADE"), primary_key=True),
    Column("header_message_id", Text, primary_key=True),
    Index("exchange_messages_by_name", "header_message_id"),
    sqlite_with_rowid=False,
)
