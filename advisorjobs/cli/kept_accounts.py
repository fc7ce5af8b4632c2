"""People and tokens, for commands: on a database that runs and is migrated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisorjobs.web.access.accounts import BlockingAccounts

__all__ = ["accounts"]


@contextmanager
def accounts() -> Iterator[BlockingAccounts]:
    """The calls, for the process's own database. Raises MissingExtra without the libraries of the web."""
    from advisorjobs.application import the_app
    from advisorjobs.cli.ground import opened
    from advisorjobs.errors import MissingExtra

    try:
        from advisorjobs.web.access.accounts import BlockingAccounts
    except ModuleNotFoundError as error:
        raise MissingExtra("web", error.name or "starlette") from error
    app = the_app()
    with opened(app.settings):
        yield BlockingAccounts(app)
