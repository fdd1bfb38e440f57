"""Aliases, forwarding, and reverse paths of our own for what is sent on."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """There were none."""
    _create_aliases()
    _create_return_paths()
    op.create_table(
        "forwards",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("targets", sa.Text(), nullable=False),
        sa.Column("keeps", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_with_rowid=False,
    )


def _create_aliases() -> None:
    op.create_table(
        "aliases",
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("local", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alias_targets",
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("target_key", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["address_key"], ["aliases.address_key"]),
        sa.PrimaryKeyConstraint("address_key", "target_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("alias_targets_by_target", "alias_targets", ["target_key"])


def _create_return_paths() -> None:
    op.create_table(
        "return_paths",
        sa.Column("id", _ID, nullable=False),
        sa.Column("original", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.Column("mail_parameters", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("reports_left", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("return_paths_by_expiry", "return_paths", ["expires_at"])
    op.create_table(
        "passed_reports",
        sa.Column("return_path_id", _ID, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["return_path_id"], ["return_paths.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("return_path_id", "sha256"),
        sqlite_with_rowid=False,
    )
