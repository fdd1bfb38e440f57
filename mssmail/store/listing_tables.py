"""The tables of listings and of the index for SEARCH: all made from what is kept, and can be made again."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, Table

from mssmail.store.columns import Id, Moment, Words, metadata

listings = Table(  # what mail programs ask for while they list; a message without one is an older version's
    "listings",
    metadata,
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("fields", LargeBinary),  # header fields, our prefix's among them; NULL: too long, the message is read
)

sort_keys = Table(  # of SORT and THREAD (``core.listing.SortKeys``): narrow rows, for they are read by the thousand
    "sort_keys",
    metadata,
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("base_subject", Words, nullable=False),
    Column("is_reply", Boolean, nullable=False),
    Column("sent_at", Moment),
    Column("sender", Words, nullable=False),
    Column("to", Words, nullable=False),
    Column("cc", Words, nullable=False),
    Column("display_from", Words, nullable=False),
    Column("display_to", Words, nullable=False),
    Column("message_ref", Words, nullable=False),
    Column("references", Words, nullable=False),  # one a line
)

message_texts = Table(  # what SEARCH TEXT and BODY compare: decoded, folded, compressed
    "message_texts",
    metadata,
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("data", LargeBinary),  # NULL: too long, the message is read
)

previews = Table(  # RFC 8970; a message without one has none yet
    "previews",
    metadata,
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("text", Words, nullable=False),  # empty: nothing in it can be read
)

gram_blocks = Table(  # 64 messages by id whose texts have been indexed; see ``store.grams``
    "gram_blocks",
    metadata,
    Column("block", Id, primary_key=True),
    Column("present", BigInteger, nullable=False),  # bits: the messages there were
    Column("unfiltered", BigInteger, nullable=False),  # bits: those with too many different words to be told apart
)

grams = Table(  # which messages of a block hold which three octets in a row
    "grams",
    metadata,
    Column("block", Id, ForeignKey("gram_blocks.block", ondelete="CASCADE"), primary_key=True),
    Column("bucket", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
