"""Lists of messages, their texts and trigrams; what vanished may be forgotten. Filled in the background."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables, empty: what was kept before is listed and indexed while the server runs."""
    op.create_table("listings", _build_key(), sa.Column("fields", sa.LargeBinary(), nullable=True))
    op.create_table(
        "sort_keys",
        _build_key(),
        sa.Column("base_subject", sa.Text(), nullable=False),
        sa.Column("is_reply", sa.Boolean(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("sender", "to", "cc", "display_from", "display_to", "message_ref", "references")
        ),
    )
    op.create_table("message_texts", _build_key(), sa.Column("data", sa.LargeBinary(), nullable=True))
    op.create_table(
        "gram_blocks",
        sa.Column("block", _ID, primary_key=True),
        sa.Column("present", sa.BigInteger(), nullable=False),
        sa.Column("unfiltered", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "grams",
        sa.Column("block", _ID, sa.ForeignKey("gram_blocks.block", ondelete="CASCADE"), primary_key=True),
        sa.Column("bucket", sa.Integer(), primary_key=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.add_column("mailboxes", sa.Column("forgotten_modseq", sa.BigInteger(), nullable=False, server_default="0"))


def _build_key() -> "sa.Column[int]":
    return sa.Column("message_id", _ID, sa.ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
