"""How large a message other domains' servers take."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """It is learnt with the next sessions."""
    op.create_table(
        "peer_sizes",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("max_bytes", sa.BigInteger(), nullable=False),
        sa.Column("learnt_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("domain"),
        sqlite_with_rowid=False,
    )
