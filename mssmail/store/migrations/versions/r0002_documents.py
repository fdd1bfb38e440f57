"""Health documents as rows."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Messages delivered before have none: what they held was not kept."""
    texts = ("kind", "type_code", "document_id", "replaces", "title", "dated", "author", "patient", "birthdate", "ins")
    op.create_table(
        "documents",
        sa.Column("id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("is_qualified", sa.Boolean(), nullable=False),
        sa.Column("loinc_codes", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("is_fileable", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("documents_by_message", "documents", ["message_id"])
    op.create_index("documents_by_ins", "documents", ["ins"])
    op.create_index("documents_by_document_id", "documents", ["document_id"])
