"""/metrics of the web process: how the queues stand, and the webhooks that this process received."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from advisorjobs.database.link import is_passing
from advisorjobs.errors import DatabaseUnavailable, NotMigrated
from advisorjobs.monitoring.exposition import exposed, may_read, our_version
from advisorjobs.monitoring.folded_names import folded
from advisorjobs.monitoring.measurements import Measurements, read_measurements
from advisorjobs.queues import WORKER_TYPES
from advisorjobs.web.access.need import MACHINE, Need, declare
from advisorjobs.web.access.person import Role
from advisorjobs.web.refusal import answer
from advisorjobs.web.shared import Shared

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from advisorjobs.application import App

__all__ = ["metrics_route"]

log = logging.getLogger(__name__)

DEADLINE = 5.0
"""Seconds for the database; Prometheus gives up after ten."""

SHARED_FOR = 5.0
"""Seconds for which what was read is everybody's: ten that scrape cost the database as much as one."""


def metrics_route(app: App, webhooks: Mapping[tuple[str, str], int]) -> Route:
    """/metrics, for whoever shows the token of the settings; where none is set, for those who may look at the dashboard.

    *webhooks*: counts by service and outcome.
    """
    metrics, token = Metrics(app, webhooks), app.settings.health.metrics_token
    if token is None:
        return declare(Route("/metrics", metrics.show, name="metrics"), Need(Role.VIEWER, api=True, while_away=True))

    async def guarded(request: Request) -> Response:
        if may_read(request.headers.get("authorization"), token):
            return await metrics.show(request)
        return answer(HTTPStatus.UNAUTHORIZED, {"error": "unauthorized"}, {"WWW-Authenticate": "Bearer"})

    return declare(Route("/metrics", guarded, name="metrics"), MACHINE)


class Metrics:
    """Answers scrapes."""

    def __init__(self, app: App, webhooks: Mapping[tuple[str, str], int]) -> None:
        self.app = app
        self._webhooks = webhooks
        self._shared = Shared()

    async def show(self, request: Request) -> Response:
        """The metrics, to whoever was let in; that the database is away, to everybody, as /readyz says it too."""
        from advisorjobs.monitoring.queue_metrics import away_metrics, build_metrics, queue_metrics, webhook_metrics

        if getattr(request.state, "away", False):
            return exposition(away_metrics(), request)
        found = await self._shared.get("measurements", SHARED_FOR, self._measure)
        families = itertools.chain(
            build_metrics(our_version()),
            away_metrics() if found is None else queue_metrics(*found),
            webhook_metrics(self._webhooks),
        )
        return exposition(families, request)

    async def _measure(self) -> tuple[Measurements, float] | None:
        """What there is to be known and how long it took to find; None while the database is away."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(DEADLINE):
                found = await self.app.run_async(read_measurements())
            return folded(found, WORKER_TYPES["all"]), time.monotonic() - started
        except (DatabaseUnavailable, NotMigrated) as error:
            away: Exception = error
        except Exception as error:
            if not is_passing(error):
                raise
            away = error
        log.warning("the database could not be measured: %s", type(away).__name__)
        return None


def exposition(families: Iterable[Metric], request: Request) -> Response:
    """In the format that *request* asks for."""
    text, media_type = exposed(families, request.headers.get("accept", ""))
    return Response(text, headers={"Content-Type": media_type, "Cache-Control": "no-store"})
