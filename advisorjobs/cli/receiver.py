"""The receiver of webhooks beside other work: a process that a command starts and stops."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager

from advisorjobs.cli.ground import program
from advisorjobs.settings import Settings

__all__ = ["receiver"]


@contextmanager
def receiver(settings: Settings) -> Iterator[str]:
    """`advisorjobs webhooks` for as long as the block lasts; yields a line for people: where, or why not."""
    hindrance = why_not(settings)
    if hindrance is not None:
        yield f"webhooks are not received: {hindrance}"
        return
    with program(settings, "webhooks", "webhooks") as running:
        where = settings.webhooks
        yield f"webhooks are received at http://{where.host}:{where.port}/webhooks/ (log: {running.log})"


def why_not(settings: Settings) -> str | None:
    """What keeps a receiver from being started; None where nothing does."""
    if importlib.util.find_spec("uvicorn") is None or importlib.util.find_spec("starlette") is None:
        return "pip install 'advisorjobs[web]'"
    from advisorjobs.web.server import listen

    try:
        listen(settings.webhooks.host, settings.webhooks.port).close()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        return f"port {settings.webhooks.port} can't be had ({reason}): name another with ADVISORJOBS_WEB_PORT"
    return None
