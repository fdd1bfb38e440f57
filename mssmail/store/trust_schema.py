"""The tables of trust: what ended the workers that looked at it, and what was learnt of signers and peers."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from mssmail.store.columns import Id, Moment, Words, metadata

worker_deaths = Table(  # bytes that ended a worker, by what it was doing; remembered for a while
    "worker_deaths",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("step", Text, primary_key=True),  # examine, documents
    Column("deaths", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

quarantine = Table(  # bytes that ended several workers: refused unseen, kept for the operator in files of their own
    "quarantine",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("length", BigInteger, nullable=False),
    Column("is_kept", Boolean, nullable=False),  # the bytes are there; false once dropped, or when there was no room
    Column("trace_id", Text, nullable=False),
    Column("cause", Words, nullable=False),
    Column("envelope", Words, nullable=False),  # JSON: who brought it, for whom
    Column("held_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

message_signers = Table(  # who signed a kept message: what a later revocation is looked up by
    "message_signers",
    metadata,
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("issuer_key", Text, nullable=False),  # trust.certificate.identify_issuer
    Column("serial", Text, nullable=False),  # hexadecimal
    Index("message_signers_by_serial", "issuer_key", "serial"),
    sqlite_with_rowid=False,
)

evidence_news = Table(  # what was learnt after reception; the verdict of then stays
    "evidence_news",
    metadata,
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("facts", Words, nullable=False),  # JSON
    sqlite_with_rowid=False,
)

peers_seen = Table(  # certificates of the servers we exchange mail with
    "peers_seen",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("direction", Text, primary_key=True),  # in, out
    Column("subject", Words, nullable=False),
    Column("name", Words, nullable=False),  # JSON: the ordered RDNs, as compared with the white list
    Column("server", Words, nullable=False),  # address or host
    Column("not_after", Moment, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("chain", LargeBinary),  # what it showed, its own certificate first
    sqlite_with_rowid=False,
)

peer_domains = Table(  # for which domains a peer seen spoke
    "peer_domains",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("direction", Text, primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("last_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
