"""``mssmail serve``: run one operator until told to stop."""

import asyncio
import logging
from pathlib import Path

import click

from mssmail.app.operator import Operator
from mssmail.app.tuning import limit_arenas, tune_interpreter
from mssmail.cli.output import config_option, read_config
from mssmail.cli.signals import wait_for_signal
from mssmail.logs import configure_logging

_log = logging.getLogger(__name__)


@click.command()
@config_option
def serve(config: Path) -> None:
    """Run the server in the foreground until SIGTERM or Ctrl-C.

    Example: mssmail serve --config /etc/mssmail/mssmail.toml
    """
    settings = read_config(config)
    configure_logging(settings.server.log_format, settings.server.log_level)
    limit_arenas()
    asyncio.run(_run(Operator(settings)))


async def _run(operator: Operator) -> None:
    stop = asyncio.Event()
    async with operator:
        tune_interpreter()
        _log.info("ready", extra=operator.describe_listeners())
        await wait_for_signal(stop)
        _log.info("stopping")
