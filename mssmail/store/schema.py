"""The tables. What they are for stands beside each; how they came about, in ``migrations``.

Ids are never used twice (AUTOINCREMENT): a session that still holds
the id of a mailbox or message that has gone must find nothing, never somebody else's.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from mssmail.store.address_tables import (
    alias_targets,
    aliases,
    answered,
    answers,
    delegations,
    forwards,
    passed_reports,
    return_paths,
    secrets,
)
from mssmail.store.annotation_tables import mailbox_annotations, server_annotations
from mssmail.store.campaign_tables import campaign_rows, campaigns
from mssmail.store.columns import Id, Moment, Words, metadata
from mssmail.store.exchange_tables import exchange_messages, exchanges
from mssmail.store.filing_tables import filings
from mssmail.store.list_tables import list_deliveries, list_members, list_posts, list_roles, lists
from mssmail.store.listing_tables import gram_blocks, grams, listings, message_texts, previews, sort_keys
from mssmail.store.peer_tables import peer_sizes, peers
from mssmail.store.receipt_tables import receipts, sent_mail
from mssmail.store.trust_schema import (
    evidence_news,
    message_signers,
    peer_domains,
    peers_seen,
    quarantine,
    worker_deaths,
)

__all__ = [
    "HOLDERS",
    "REVISION",
    "Id",
    "Moment",
    "Words",
    "accounts",
    "alias_targets",
    "aliases",
    "answered",
    "answers",
    "bodies",
    "campaign_rows",
    "campaigns",
    "counters",
    "dead_bodies",
    "delegations",
    "evidence_news",
    "exchange_messages",
    "exchanges",
    "forwards",
    "gram_blocks",
    "grams",
    "journal",
    "list_deliveries",
    "list_members",
    "list_posts",
    "list_roles",
    "listings",
    "lists",
    "mailbox_annotations",
    "mailbox_rows",
    "mailboxes",
    "message_signers",
    "message_texts",
    "messages",
    "metadata",
    "passed_reports",
    "peer_domains",
    "peer_sizes",
    "peers",
    "peers_seen",
    "previews",
    "quarantine",
    "queue",
    "receipts",
    "return_paths",
    "secrets",
    "sent_mail",
    "server_annotations",
    "sort_keys",
    "subscriptions",
    "vanished",
    "worker_deaths",
]

REVISION = "0018"  # the newest of ``migrations``: a store that says so needs no upgrade

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),  # the last one given out
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("address_key", Text, nullable=False, unique=True),  # what two spellings of the address share
    Column("local", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("display_name", Words, nullable=False),
    Column("owner", Words, nullable=False),  # JSON: [[scheme, identifier], …]
    Column("red_list", Boolean, nullable=False),
    Column("suspended", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("quota_bytes", BigInteger),
    Column("password_hash", Text, nullable=False),  # Argon2id in PHC form; empty: nobody can sign in
    sqlite_autoincrement=True,
)

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("special_use", Text, nullable=False),
    Column("uid_validity", BigInteger, nullable=False),
    Column("uid_next", BigInteger, nullable=False),
    Column("highest_modseq", BigInteger, nullable=False),
    Column("first_recent_uid", BigInteger, nullable=False),  # from here on nobody has been shown \Recent yet
    Column("messages", BigInteger, nullable=False),  # these four count mailbox_rows; fsck counts again
    Column("unseen", BigInteger, nullable=False),
    Column("deleted", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("forgotten_modseq", BigInteger, nullable=False, server_default="0"),  # what vanished up to it is forgotten
    UniqueConstraint("account_id", "name"),
    sqlite_autoincrement=True,
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    sqlite_with_rowid=False,
)

bodies = Table(  # the bytes as they came, once per SHA-256
    "bodies",
    metadata,
    Column("id", Id, primary_key=True),
    Column("sha256", LargeBinary, nullable=False, unique=True),
    Column("length", BigInteger, nullable=False),
    Column("data", LargeBinary),  # NULL: in the file of that name
    sqlite_autoincrement=True,
)

dead_bodies = Table(  # files no row refers to any more, until the sweep has unlinked them
    "dead_bodies",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)

messages = Table(  # one taking of a message: what we added, what was learnt, where its bytes are
    "messages",
    metadata,
    Column("id", Id, primary_key=True),
    Column("trace_id", Text, nullable=False),
    Column("body_id", Id, ForeignKey("bodies.id"), nullable=False),
    Column("length", BigInteger, nullable=False),  # of the body
    Column("header_start", BigInteger, nullable=False),
    Column("header_end", BigInteger, nullable=False),
    Column("cuts", Text, nullable=False),  # JSON: [[start, end], …]
    Column("subject", Words, nullable=False),
    Column("sender", Words, nullable=False),
    Column("to", Words, nullable=False),
    Column("cc", Words, nullable=False),
    Column("bcc", Words, nullable=False),
    Column("header_message_id", Words, nullable=False),
    Column("sent_on", Words, nullable=False),
    Column("prefix", LargeBinary, nullable=False),
    Column("relay_prefix", LargeBinary, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("bodystructure", LargeBinary, nullable=False),
    Column("parts", LargeBinary, nullable=False),
    Column("reverse_path", Text),  # NULL: the null reverse path, or none at all (APPEND)
    Column("parameters", Text, nullable=False, server_default=""),  # of MAIL, as on the wire (core.parameters)
    Column("summary", Words, nullable=False),
    Column("evidence", Words, nullable=False),  # JSON
    Column("received_at", Moment, nullable=False),
    Index("messages_by_body", "body_id"),
    Index("messages_by_trace", "trace_id"),
    sqlite_autoincrement=True,
)

mailbox_rows = Table(  # a message's place in a mailbox
    "mailbox_rows",
    metadata,
    Column("mailbox_id", Id, ForeignKey("mailboxes.id"), primary_key=True),
    Column("uid", BigInteger, primary_key=True),
    Column("message_id", Id, ForeignKey("messages.id"), nullable=False),
    Column("modseq", BigInteger, nullable=False),
    Column("born_modseq", BigInteger, nullable=False),  # tells "appeared" from "flags changed"
    Column("flags", Integer, nullable=False),  # bits of store.flags
    Column("keywords", Text, nullable=False),  # " one two " or empty
    Column("internal_date", Moment, nullable=False),
    Column("saved_at", Moment, nullable=False),  # RFC 8514
    Column("size", BigInteger, nullable=False),  # the view's
    Index("mailbox_rows_by_modseq", "mailbox_id", "modseq"),
    Index("mailbox_rows_by_message", "message_id"),
    sqlite_with_rowid=False,
)

vanished = Table(  # expunged, for whoever knew them (RFC 7162 §3.2)
    "vanished",
    metadata,
    Column("mailbox_id", Id, ForeignKey("mailboxes.id"), primary_key=True),
    Column("uid", BigInteger, primary_key=True),
    Column("modseq", BigInteger, nullable=False),
    Column("born_modseq", BigInteger, nullable=False),
    Index("vanished_by_modseq", "mailbox_id", "modseq"),
    sqlite_with_rowid=False,
)

queue = Table(  # one recipient of one message on its way to a peer; settled items are removed, the journal remembers
    "queue",
    metadata,
    Column("id", Id, primary_key=True),
    Column("message_id", Id, ForeignKey("messages.id"), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("next_try_at", Moment, nullable=False),
    Column("leased_until", Moment),
    Column("last_reply", Text),  # JSON: [code, status, text]
    Column("last_error", Words, nullable=False),
    Column("parameters", Text, nullable=False, server_default=""),  # of RCPT, as on the wire (core.parameters)
    Column("delays_told", Integer, nullable=False, server_default="0"),  # delay reports sent
    Column("lane", Text, nullable=False, server_default=""),  # core.lane: what goes one way together
    Column("crashes", Integer, nullable=False, server_default="0"),
    Column("last_facts", Words, nullable=False, server_default="{}"),  # JSON: server, TLS, retry rule
    Index("queue_by_message", "message_id"),
    Index("queue_by_lane", "state", "lane", "next_try_at"),
    sqlite_autoincrement=True,
)

journal = Table(
    "journal",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("event", Text, nullable=False),
    Column("trace_id", Text, nullable=False),
    Column("facts", Text, nullable=False),  # JSON
    Index("journal_by_trace", "trace_id"),
    sqlite_autoincrement=True,
)

HOLDERS = (
    mailbox_rows.c.message_id,
    queue.c.message_id,
    receipts.c.message_id,
    filings.c.message_id,
    list_posts.c.message_id,
)
"""Whatever names a message keeps it: ``store.messages`` drops those that nobody names any more."""
