"""An object identifier on the command line."""

import re
from typing import Final

import click

_DOTTED: Final = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,38})){1,30}")


class _Oid(click.ParamType[str]):
    """Dotted decimal."""

    name = "oid"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The dotted text, or a usage error."""
        text = str(value).strip()
        if _DOTTED.fullmatch(text) is None:
            self.fail(f"{value!r} is no object identifier; write it as 2.16.840.1.101.3.2.1.48.1", param, ctx)
        return text


OID = _Oid()
