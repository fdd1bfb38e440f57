"""What is known of the servers our mail goes to, one row a lane of the queue."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from mssmail.store.columns import Moment, Words, metadata

peers = Table(
    "peers",
    metadata,
    Column("lane", Text, primary_key=True),  # a domain, or "domain>host:port" for mail redirected to that server
    Column("failures", Integer, nullable=False),  # in a row: nobody there could be spoken to
    Column("failed_since", Moment),
    Column("rests_until", Moment),  # nothing is tried before
    Column("reason", Words, nullable=False),
    Column("tls_floor", Text, nullable=False),  # the newest TLS version it ever spoke with us
    sqlite_with_rowid=False,
)

peer_sizes = Table(  # how large a message a domain's server said it takes
    "peer_sizes",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("max_bytes", BigInteger, nullable=False),
    Column("learnt_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
