"""``mssmail lab publish``: the lab's own web server, started by ``lab up``."""

import asyncio
from pathlib import Path

import click

from mssmail.cli.lab_folder import dir_option
from mssmail.cli.signals import wait_for_signal
from mssmail.lab.services import run_publisher
from mssmail.logs import configure_logging
from mssmail.settings import LogFormat


@click.command(hidden=True)
@dir_option
def publish(folder: Path) -> None:
    """Serve white list and revocation lists: started by ``lab up``."""
    configure_logging(LogFormat.TEXT, "info")

    async def run() -> None:
        stop = asyncio.Event()
        await asyncio.gather(run_publisher(folder, stop), wait_for_signal(stop))

    asyncio.run(run())
