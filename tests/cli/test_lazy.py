"""A program pays only for the command it is asked for."""

import subprocess
import sys

import click

from mssmail.cli.lazy import LazyGroup


def test_a_command_is_imported_when_it_is_asked_for_and_an_unknown_one_is_none() -> None:
    group = LazyGroup(name="g", places={"fsck": "mssmail.cli.fsck:fsck", "odd": "mssmail.cli.fsck:asdict"})
    context = click.Context(group)
    assert group.list_commands(context) == ["fsck", "odd"]
    found = group.get_command(context, "fsck")
    assert found is not None
    assert found.name == "fsck"
    assert group.get_command(context, "none") is None
    assert group.get_command(context, "odd") is None


def test_telling_the_version_imports_no_database_and_no_server() -> None:
    code = (
        "import sys, mssmail.cli; print([m for m in ('sqlalchemy', 'aiosmtpd', 'httpx', 'lxml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_serving_a_store_in_order_needs_no_alembic() -> None:
    code = "import sys, mssmail.cli.serve; print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
