"""Tables of who may act for whom, and where addresses lead."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

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

aliases = Table(  # an address that leads to others; where it leads is in alias_targets
    "aliases",
    metadata,
    Column("address_key", Text, primary_key=True),
    Column("local", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

alias_targets = Table(
    "alias_targets",
    metadata,
    Column("address_key", Text, ForeignKey("aliases.address_key"), primary_key=True),
    Column("target_key", Text, primary_key=True),
    Column("target", Text, nullable=False),
    Index("alias_targets_by_target", "target_key"),
    sqlite_with_rowid=False,
)

forwards = Table(  # whose mail goes on to others
    "forwards",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("targets", Text, nullable=False),  # addresses, a blank between
    Column("keeps", Boolean, nullable=False),  # the box gets a copy
    Column("created_at", Moment, nullable=False),
)

secrets = Table(  # keys that never leave this store
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

return_paths = Table(  # what our own reverse paths stand for (core.return_path), one a message and recipient sent on
    "return_paths",
    metadata,
    Column("id", Id, primary_key=True),
    Column("original", Text, nullable=False),  # the reverse path the message came with
    Column("recipient", Text, nullable=False),  # as its author wrote it
    Column("trace_id", Text, nullable=False),
    Column("mail_parameters", Text, nullable=False),  # of MAIL and RCPT, as on the wire (core.parameters)
    Column("parameters", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("reports_left", Integer, nullable=False),  # reports it takes yet: nobody can write through it for ever
    Index("return_paths_by_expiry", "expires_at"),
    sqlite_autoincrement=True,
)

passed_reports = Table(  # reports that were passed back: the same one again changes nothing
    "passed_reports",
    metadata,
    Column("return_path_id", Id, ForeignKey("return_paths.id", ondelete="CASCADE"), primary_key=True),
    Column("sha256", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)

answers = Table(  # who answers by itself, and what
    "answers",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("subject", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("days", Integer, nullable=False),  # each sender is answered once in so many
    Column("starts_at", Moment),
    Column("ends_at", Moment),
)

answered = Table(  # to whom, and when last
    "answered",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("sender_key", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
