"""Exchanges between professionals and patients."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """What was written before is in no exchange: the professional's next message opens one."""
    op.create_table(
        "exchanges",
        sa.Column("id", _ID, nullable=False),
        sa.Column("professional", sa.Text(), nullable=False),
        sa.Column("patient", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("exchanges_by_age", "exchanges", ["last_at"])
    op.create_index("exchanges_by_pair", "exchanges", ["professional", "patient"])
    op.create_table(
        "exchange_messages",
        sa.Column("exchange_id", _ID, nullable=False),
        sa.Column("header_message_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchanges.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("exchange_id", "header_message_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("exchange_messages_by_name", "exchange_messages", ["header_message_id"])
