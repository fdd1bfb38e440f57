"""The root of the command line, and the one place where faults become exit codes."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from mssmail import __version__
from mssmail.cli import explain_trust, trust_list
from mssmail.cli.account import account
from mssmail.cli.cert import cert
from mssmail.cli.config import check_config, init
from mssmail.cli.explain import explain
from mssmail.cli.fsck import fsck
from mssmail.cli.lab import lab
from mssmail.cli.message import message
from mssmail.cli.queue import queue
from mssmail.cli.serve import serve
from mssmail.cli.trust import trust
from mssmail.errors import ConfigError, Fault, StoreFault, StoreInUse

EX_USAGE, EX_DATAERR, EX_UNAVAILABLE, EX_IOERR, EX_CONFIG = 64, 65, 69, 74, 78


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mssmail")
def cli() -> None:
    """The open mail server for closed trust spaces.

    A first look, on one machine: mssmail lab up
    """


for command in (init, check_config, serve, account, trust, queue, message, cert, explain, fsck, lab):
    cli.add_command(command)
for command in (trust_list.add, trust_list.remove, trust_list.sign, explain_trust.explain):
    trust.add_command(command)


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
