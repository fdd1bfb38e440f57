"""``mssmail lab``: a whole synthetic trust space on this machine."""

import click

from mssmail.cli.lazy import LazyGroup

_PLACES = {
    "up": "mssmail.cli.lab_life:up",
    "info": "mssmail.cli.lab_life:info",
    "check": "mssmail.cli.lab_check:check",
    "watch": "mssmail.cli.lab_life:watch",
    "thunderbird": "mssmail.cli.lab_life:thunderbird",
    "down": "mssmail.cli.lab_life:down",
    "publish": "mssmail.cli.lab_publish:publish",
}


@click.group(cls=LazyGroup, places=_PLACES)
def lab() -> None:
    """A CA, a signed white list, two operators and their accounts, all on 127.0.0.1.

    Example: mssmail lab up --detach, then mssmail lab check, then mssmail lab down
    """
