"""Probes of the web process: whether it lives, and whether it can answer."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from advisorjobs.database.link import is_passing
from advisorjobs.database.migrate import missing_migrations
from advisorjobs.database.operation import Operation, operation
from advisorjobs.database.statement import statement
from advisorjobs.errors import DatabaseUnavailable, NotMigrated
from advisorjobs.monitoring.probes import Reason, Verdict
from advisorjobs.web.access.need import MACHINE, declare
from advisorjobs.web.shared import Shared

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["health_routes"]

DEADLINE = 3.0
"""Seconds for the database; a probe waits for one by default, and is to be told to wait for five."""

SHARED_FOR = 1.0
"""Seconds for which an answer of the database is everybody's."""

AWAY = Reason("database", "the database can't be reached, or does not answer")
LACKING = Reason("not_migrated", "the database is older than this program: run `advisorjobs migrate`")


def health_routes(app: App) -> list[Route]:
    """/healthz, /startupz and /readyz. They say nothing that needs a sign-in."""
    shared = Shared()

    async def is_ready(_: Request) -> JSONResponse:
        return _answer(await shared.get("ready", SHARED_FOR, functools.partial(readiness, app)))

    paths = {"healthz": _is_alive, "startupz": _is_alive, "readyz": is_ready}
    return [declare(Route(f"/{name}", show, name=name), MACHINE) for name, show in paths.items()]


async def readiness(app: App) -> Verdict:
    """Fails while the database is away, or lacks what this program needs."""
    try:
        async with asyncio.timeout(DEADLINE):
            return Verdict((LACKING,) if await app.run_async(_lacking()) else ())
    except NotMigrated:
        return Verdict((LACKING,))
    except DatabaseUnavailable:
        return Verdict((AWAY,))
    except Exception as error:
        if not is_passing(error):
            raise
        return Verdict((AWAY,))


async def _is_alive(_: Request) -> JSONResponse:
    """An event loop that stands still answers nobody: that is for the prober to see."""
    return _answer(Verdict())


def _lacking() -> Operation[list[str]]:
    return operation(
        "/readyz",
        statement("applied_migrations"),
        {},
        lambda rows: missing_migrations(row["migration_id"] for row in rows),
    )


def _answer(verdict: Verdict) -> JSONResponse:
    return JSONResponse(verdict.as_object(), verdict.status, headers={"Cache-Control": "no-store"})
