"""The root of the command line, and the one place where faults become exit codes."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from mssmail import __version__
from mssmail.cli.lazy import LazyGroup
from mssmail.errors import ConfigError, Fault, ListenFault, StoreFault

EX_USAGE, EX_DATAERR, EX_UNAVAILABLE, EX_SOFTWARE, EX_IOERR, EX_CONFIG = 64, 65, 69, 70, 74, 78


_PLACES = {
    "init": "mssmail.cli.config:init",
    "check-config": "mssmail.cli.config:check_config",
    "serve": "mssmail.cli.serve:serve",
    "account": "mssmail.cli.account:account",
    "alias": "mssmail.cli.alias:alias",
    "list": "mssmail.cli.list:list_group",
    "trust": "mssmail.cli.trust:trust",
    "policy": "mssmail.cli.policy:policy",
    "queue": "mssmail.cli.queue:queue",
    "message": "mssmail.cli.message:message",
    "connector": "mssmail.cli.connector:connector",
    "patient": "mssmail.cli.patient:patient",
    "document": "mssmail.cli.document:document",
    "cert": "mssmail.cli.cert:cert",
    "dns": "mssmail.cli.dns:dns",
    "report": "mssmail.cli.report:report",
    "explain": "mssmail.cli.explain:explain",
    "fsck": "mssmail.cli.fsck:fsck",
    "lab": "mssmail.cli.lab:lab",
}


@click.group(cls=LazyGroup, places=_PLACES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mssmail")
def cli() -> None:
    """The open mail server for closed trust spaces.

    A first look, on one machine: mssmail lab up
    """


def find_exit_code(fault: Fault) -> int:
    """The exit code that tells a script what kind of trouble it was."""
    match fault:
        case ConfigError():
            return EX_CONFIG
        case StoreFault() | ListenFault():
            return EX_UNAVAILABLE
        case _:
            return EX_DATAERR


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    try:
        code = cli.main(arguments, prog_name="mssmail", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.UsageError as error:
        error.show()
        sys.exit(EX_USAGE)
    except click.ClickException as error:
        error.show()
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"mssmail: {place}{error.strerror or error}", err=True)
        sys.exit(EX_IOERR)
    except Fault as fault:
        click.echo(f"mssmail: {fault}", err=True)
        sys.exit(find_exit_code(fault))
    except Exception as error:  # a mistake of ours: one line, and where it happened only for who asks
        if os.environ.get("MSSMAIL_TRACEBACK"):
            raise
        told = f"{type(error).__name__}: {error}"
        click.echo(f"mssmail: unforeseen {told} (MSSMAIL_TRACEBACK=1 shows where: please report it)", err=True)
        sys.exit(EX_SOFTWARE)
