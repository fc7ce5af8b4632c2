"""Who gives a command: kept beside what it changes, for whoever looks later."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

__all__ = ["ByOption", "person"]

ByOption = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who does it. Default: this machine's user.")
]


def person(by: str | None) -> str | None:
    """*by*, or the user of this machine; None in a container without users: then it is the database's user."""
    if by:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None
