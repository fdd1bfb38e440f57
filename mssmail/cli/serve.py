"""``mssmail serve``: run one operator until told to stop."""

import asyncio
import gc
import logging
from pathlib import Path

import click

from mssmail.app.operator import Operator
from mssmail.cli.output import config_option, read_config
from mssmail.cli.signals import wait_for_signal
from mssmail.logs import configure_logging

_COLLECT_AFTER = 10_000
"""New objects until the collector looks at them; hardly anything here is part of a cycle."""

_log = logging.getLogger(__name__)


@click.command()
@config_option
def serve(config: Path) -> None:
    """Run the server in the foreground until SIGTERM or Ctrl-C.

    Example: mssmail serve --config /etc/mssmail/mssmail.toml
    """
    settings = read_config(config)
    configure_logging(settings.server.log_format, settings.server.log_level)
    asyncio.run(_run(Operator(settings)))


async def _run(operator: Operator) -> None:
    stop = asyncio.Event()
    async with operator:
        # What is there now stays: the collector need not look at all of it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER, 10, 10)
        _log.info("ready", extra=operator.describe_listeners())
        await wait_for_signal(stop)
        _log.info("stopping")
