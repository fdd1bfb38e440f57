"""Tables of distribution lists, their messages, and what became of each for each member."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text

from mssmail.store.columns import Id, Moment, Words, metadata

lists = Table(
    "lists",
    metadata,
    Column("id", Id, primary_key=True),
    Column("address_key", Text, nullable=False, unique=True),
    Column("local", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("name", Words, nullable=False),
    Column("owner", Text, nullable=False),
    Column("posting", Text, nullable=False),
    Column("moderated", Boolean, nullable=False),
    Column("max_bounces", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

list_roles = Table(
    "list_roles",
    metadata,
    Column("list_id", Id, ForeignKey("lists.id", ondelete="CASCADE"), primary_key=True),
    Column("role", Text, primary_key=True),
    Column("address_key", Text, primary_key=True),
    Column("address", Text, nullable=False),
    sqlite_with_rowid=False,
)

list_members = Table(
    "list_members",
    metadata,
    Column("list_id", Id, ForeignKey("lists.id", ondelete="CASCADE"), primary_key=True),
    Column("address_key", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("bounces", Integer, nullable=False),
    Column("stopped_at", Moment),  # gets nothing since: its mail came back too often
    Column("added_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

list_posts = Table(  # a message to a list
    "list_posts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("list_id", Id, ForeignKey("lists.id", ondelete="CASCADE"), nullable=False),
    Column("message_id", Id, ForeignKey("messages.id")),  # NULL once nothing is to be sent any more
    Column("trace_id", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("subject", Words, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", Words, nullable=False),
    Column("notified", Boolean, nullable=False),  # the moderators, or after a rejection the author
    Column("cursor", Text, nullable=False),  # the last member written down, by key
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Index("list_posts_by_list", "list_id"),
    Index("list_posts_by_state", "state"),
    Index("list_posts_by_message", "message_id"),
    sqlite_autoincrement=True,
)

list_deliveries = Table(  # one member of one message
    "list_deliveries",
    metadata,
    Column("post_id", Id, ForeignKey("list_posts.id", ondelete="CASCADE"), primary_key=True),
    Column("address_key", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("item_id", Id),  # of the queue, while it is there
    Column("answer", Words, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Index("list_deliveries_by_state", "post_id", "state", "domain"),
    Index("list_deliveries_by_item", "item_id"),
    sqlite_with_rowid=False,
)
