"""Rights on somebody else's box."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Nobody had any."""
    op.create_table(
        "delegations",
        sa.Column("id", _ID, nullable=False),
        sa.Column("grantor_id", _ID, nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("grantee_id", _ID, nullable=False),
        sa.Column("rights", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["grantor_id"], ["accounts.id"]),
        sa.ForeignKeyConstraint(["grantee_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("grantor_id", "mailbox", "grantee_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("delegations_by_grantee", "delegations", ["grantee_id"])
