"""Distribution lists, and automatic answers."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    """There were none."""
    _create_answers()
    _create_lists()
    _create_posts()


def _create_answers() -> None:
    op.create_table(
        "answers",
        sa.Column("account_id", _ID, nullable=False),
        _text("subject"),
        _text("text"),
        sa.Column("days", sa.Integer(), nullable=False),
        _moment("starts_at", nullable=True),
        _moment("ends_at", nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "answered",
        sa.Column("account_id", _ID, nullable=False),
        _text("sender_key"),
        _moment("at"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("account_id", "sender_key"),
        sqlite_with_rowid=False,
    )


def _create_lists() -> None:
    op.create_table(
        "lists",
        sa.Column("id", _ID, nullable=False),
        *map(_text, ("address_key", "local", "domain", "name", "owner", "posting")),
        sa.Column("moderated", sa.Boolean(), nullable=False),
        sa.Column("max_bounces", sa.Integer(), nullable=False),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("address_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "list_roles",
        sa.Column("list_id", _ID, nullable=False),
        *map(_text, ("role", "address_key", "address")),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("list_id", "role", "address_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "list_members",
        sa.Column("list_id", _ID, nullable=False),
        *map(_text, ("address_key", "address")),
        sa.Column("bounces", sa.Integer(), nullable=False),
        _moment("stopped_at", nullable=True),
        _moment("added_at"),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("list_id", "address_key"),
        sqlite_with_rowid=False,
    )


def _create_posts() -> None:
    op.create_table(
        "list_posts",
        sa.Column("id", _ID, nullable=False),
        sa.Column("list_id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=True),
        *map(_text, ("trace_id", "author", "subject", "state", "decided_by")),
        sa.Column("notified", sa.Boolean(), nullable=False),
        _text("cursor"),
        _moment("created_at"),
        _moment("finished_at", nullable=True),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("list_posts_by_list", "list_posts", ["list_id"])
    op.create_index("list_posts_by_state", "list_posts", ["state"])
    op.create_index("list_posts_by_message", "list_posts", ["message_id"])
    op.create_table(
        "list_deliveries",
        sa.Column("post_id", _ID, nullable=False),
        *map(_text, ("address_key", "address", "domain", "state")),
        sa.Column("item_id", _ID, nullable=True),
        _text("answer"),
        _moment("changed_at"),
        sa.ForeignKeyConstraint(["post_id"], ["list_posts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "address_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("list_deliveries_by_state", "list_deliveries", ["post_id", "state", "domain"])
    op.create_index("list_deliveries_by_item", "list_deliveries", ["item_id"])
