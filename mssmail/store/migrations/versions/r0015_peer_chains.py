"""The certificates that peers showed, so that new trust data can be asked about them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Of peers seen before nothing is kept until they are seen again."""
    op.add_column("peers_seen", sa.Column("chain", sa.LargeBinary(), nullable=True))
