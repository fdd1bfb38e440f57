"""The root of the command line: help everywhere, faults as one line, exit codes a script can use."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mssmail import __version__
from mssmail.cli.main import cli
from tests.support.command import run


def _walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _walk(inner, (*path, name))


COMMANDS = list(_walk(cli))


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) or "mssmail" for path, _ in COMMANDS])
def test_every_command_has_help_with_an_example(path: tuple[str, ...], command: click.Command) -> None:
    answer = run(*path, "--help")
    assert answer.code == 0
    if path and not command.hidden:
        assert "Example: mssmail" in " ".join(answer.out.split())


def test_the_version_is_told() -> None:
    assert run("--version").out == f"mssmail, version {__version__}\n"


def test_bad_usage_is_64() -> None:
    answer = run("no-such-command")
    assert answer.code == 64
    assert "No such command" in answer.err


def test_a_configuration_fault_is_78_and_one_line(tmp_path: Path) -> None:
    config = tmp_path / "m.toml"
    config.write_text("[imap]\nbogus = 1\n")
    answer = run("serve", "--config", str(config))
    assert answer.code == 78
    assert answer.err == f"mssmail: {config}:2: imap.bogus: unknown key\n"


def test_a_missing_configuration_is_78(tmp_path: Path) -> None:
    answer = run("account", "list", "--config", str(tmp_path / "none.toml"))
    assert answer.code == 78
    assert "cannot be read" in answer.err


def test_a_folder_that_cannot_be_made_is_named_without_a_traceback() -> None:
    answer = run("init", "/proc/nowhere")
    assert answer.code == 74
    assert answer.err == "mssmail: /proc/nowhere: No such file or directory\n"


@click.command()
def _stumble() -> None:
    raise ZeroDivisionError("by zero")


def test_a_mistake_of_ours_is_one_line_unless_somebody_asks_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "get_command", lambda _context, _name: _stumble)
    answer = run("stumble")
    assert answer.code == 70
    assert answer.err.startswith("mssmail: unforeseen ZeroDivisionError: by zero (")
    monkeypatch.setenv("MSSMAIL_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        run("stumble")
