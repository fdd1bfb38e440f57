"""Tables of who may act for whom, and where addresses lead."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint

from mssmail.store.columns import Id, Moment, Words, metadata

delegations = Table(  # rights of one account on another's box, or on one mailbox in it
    "delegations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("grantor_id", Id, ForeignKey("accounts.id"), nullable=False),  # whose box it is
    Column("mailbox", Words, nullable=False),  # empty: the whole box, and all mailboxes that have no row of their own
    Column("grantee_id", Id, ForeignKey("accounts.id"), nullable=False),
    Column("rights", Text, nullable=False),  # letters of core.rights
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("grantor_id", "mailbox", "grantee_id"),
    Index("delegations_by_grantee", "grantee_id"),
    sqlite_autoincrement=True,
)
