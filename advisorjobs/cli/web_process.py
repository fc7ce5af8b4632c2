"""The web process beside other work: a command starts and stops it."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager

from advisorjobs.cli.ground import program
from advisorjobs.settings import Settings

__all__ = ["web_process"]


@contextmanager
def web_process(settings: Settings) -> Iterator[str]:
    """`advisorjobs dashboard` for as long as the block lasts; yields a line for people: where, or why not.

    Where the pages would be open to everybody, it receives webhooks alone.
    """
    hindrance = why_not(settings)
    if hindrance is not None:
        yield f"there is no dashboard, and no webhooks are received: {hindrance}"
        return
    from advisorjobs.web.server import base_address, dashboard_address

    where, closed = (settings.webhooks.host, settings.webhooks.port), why_no_dashboard(settings)
    if closed is not None:
        with program(settings, "webhooks", "webhooks") as running:
            base = f"{base_address(*where)}/webhooks/"
            yield f"webhooks are received at {base} (log: {running.log}); there is no dashboard: {closed}"
        return
    with program(settings, "dashboard", "dashboard") as running:
        yield f"the dashboard is {dashboard_address(settings, *where)} (log: {running.log})"


def why_no_dashboard(settings: Settings) -> str | None:
    """Why the pages may not be served where the settings say; None where they may."""
    from advisorjobs.cli.web import check_sign_in
    from advisorjobs.web.access.door import OpenDoor

    try:
        check_sign_in(settings.webhooks.host)
    except OpenDoor as error:
        return str(error)
    return None


def why_not(settings: Settings) -> str | None:
    """What keeps it from being started; None where nothing does."""
    if any(importlib.util.find_spec(name) is None for name in ("uvicorn", "starlette", "fastapi")):
        return "pip install 'advisorjobs[web]'"
    from advisorjobs.web.server import listen

    try:
        listen(settings.webhooks.host, settings.webhooks.port).close()
    except OSError as error:
        reason = (
            os.strerror(error.errno).lower() if error.errno else type(error).__name__
        )  # its own text has the address too
        return f"port {settings.webhooks.port} can't be had ({reason}): name another with ADVISORJOBS_WEB_PORT"
    return None
