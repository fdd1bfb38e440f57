"""The root of the command line, and the one place where faults become exit codes."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from mssmail import __version__
from mssmail.cli.lazy import LazyGroup
from mssmail.errors import ConfigError, Fault, StoreFault, StoreInUse

EX_USAGE, EX_DATAERR, EX_UNAVAILABLE, EX_IOERR, EX_CONFIG = 64, 65, 69, 74, 78


_PLACES = {
    "init": "mssmail.cli.config:init",
    "check-config": "mssmail.cli.config:check_config",
    "serve": "mssmail.cli.serve:serve",
    "account": "mssmail.cli.account:account",
    "trust": "mssmail.cli.trust:trust",
    "queue": "mssmail.cli.queue:queue",
    "message": "mssmail.cli.message:message",
    "document": "mssmail.cli.document:document",
    "cert": "mssmail.cli.cert:cert",
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


def find_exit_code(fault: Exception) -> int:
    """The exit code that tells a script what kind of trouble it was."""
    match fault:
        case ConfigError():
            return EX_CONFIG
        case StoreInUse() | StoreFault():
            return EX_UNAVAILABLE
        case Fault():
            return EX_DATAERR
        case _:
            return EX_IOERR


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
    except (Fault, OSError) as fault:
        click.echo(f"mssmail: {fault}", err=True)
        sys.exit(find_exit_code(fault))
