"""The tables of annotations (RFC 5464): of mailboxes, which go with them, and of the server, which accounts have."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text

from mssmail.store.columns import Id, metadata

mailbox_annotations = Table(
    "mailbox_annotations",
    metadata,
    Column("mailbox_id", Id, ForeignKey("mailboxes.id", ondelete="CASCADE"), primary_key=True),
    Column("reader_id", BigInteger, primary_key=True),  # the account whose private entry it is; 0: shared
    Column("key", Text, primary_key=True),  # what all spellings of the name share
    Column("entry", Text, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Index("mailbox_annotations_by_reader", "reader_id"),
    sqlite_with_rowid=False,
)

server_annotations = Table(  # private ones: the shared ones are in the configuration
    "server_annotations",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("entry", Text, nullable=False),
    Column("value", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
