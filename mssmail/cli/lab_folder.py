"""The option all commands of the lab share."""

from pathlib import Path

import click

dir_option = click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("lab"),
    show_default=True,
    help="The lab's folder.",
)
