"""A group whose commands are imported when somebody uses them: no start of the program pays for the others."""

from collections.abc import Mapping
from importlib import import_module

import click


class LazyGroup(click.Group):
    """``places`` names ``module:object`` for each command; only ``--help`` of the group itself imports them all."""

    def __init__(self, *, places: Mapping[str, str], **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the order of ``places``."""
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        place = self._places.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        found = vars(import_module(module))[name]
        return found if isinstance(found, click.Command) else None
