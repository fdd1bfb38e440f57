"""The queue in lanes, with what is known of the servers at their ends."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Items that wait get the lane of their domain; nothing is known of peers yet."""
    op.add_column("queue", sa.Column("lane", sa.Text(), nullable=False, server_default=""))
    op.add_column("queue", sa.Column("crashes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("queue", sa.Column("last_facts", sa.Text(), nullable=False, server_default="{}"))
    op.drop_index("queue_by_due_time", "queue")
    op.create_index("queue_by_lane", "queue", ["state", "lane", "next_try_at"])
    op.create_table(
        "peers",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_since", sa.BigInteger()),
        sa.Column("rests_until", sa.BigInteger()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tls_floor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("lane"),
        sqlite_with_rowid=False,
    )
    conn = op.get_bind()
    items = sa.table("queue", sa.column("id"), sa.column("recipient"), sa.column("lane"))
    for id, recipient in conn.execute(sa.select(items.c.id, items.c.recipient)).all():
        conn.execute(sa.update(items).where(items.c.id == id).values(lane=recipient.rpartition("@")[2]))
