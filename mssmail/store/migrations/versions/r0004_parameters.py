"""What MAIL and RCPT said beside their addresses goes on with the message; delay reports are counted."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Mail that is there was taken without parameters."""
    op.add_column("messages", sa.Column("parameters", sa.Text(), nullable=False, server_default=""))
    op.add_column("queue", sa.Column("parameters", sa.Text(), nullable=False, server_default=""))
    op.add_column("queue", sa.Column("delays_told", sa.Integer(), nullable=False, server_default="0"))
