"""Signers of messages, news about them, and the peers we have seen."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Messages kept from before have no signer here: their evidence says who it was."""
    op.create_table(
        "message_signers",
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("issuer_key", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("message_signers_by_serial", "message_signers", ["issuer_key", "serial"])
    op.create_table(
        "evidence_news",
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", "kind"),
        sqlite_with_rowid=False,
    )
    texts = ("fingerprint", "direction", "subject", "name", "server")
    op.create_table(
        "peers_seen",
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("not_after", "first_at", "last_at")),
        sa.PrimaryKeyConstraint("fingerprint", "direction"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "peer_domains",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("fingerprint", "direction", "domain")),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", "direction", "domain"),
        sqlite_with_rowid=False,
    )
