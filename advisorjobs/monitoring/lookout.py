"""What a worker answers to those who watch it: /healthz, /readyz, /startupz and /metrics, for all of its processes together."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

from advisorjobs.errors import MissingExtra, SettingsError
from advisorjobs.health_settings import Health
from advisorjobs.monitoring.board import Board
from advisorjobs.monitoring.endpoint import Answer, Endpoint, listening, refusal
from advisorjobs.monitoring.exposition import exposed, may_read, our_version
from advisorjobs.monitoring.probes import Verdict, is_alive, is_ready, is_started
from advisorjobs.monitoring.report import Report, added, without_state

__all__ = ["Lookout", "looked_out"]

MOMENT = 0.2
"""Seconds after which the thread sees that it is to end."""


class Lookout:
    """`endpoint` is to be served by its owner. `board` has a place for each of *processes*; `stopping`: told to stop."""

    def __init__(self, settings: Health, processes: int) -> None:
        """Takes the address of *settings*. Raises SettingsError where it can't be had, MissingExtra without the library."""
        if settings.port is None:
            raise SettingsError("ADVISORJOBS_HEALTH_PORT", None, "must be set")
        try:
            import prometheus_client  # noqa: F401 - said now, and loaded before processes are forked
        except ModuleNotFoundError as error:
            raise MissingExtra("worker", "prometheus-client") from error
        self.settings = settings
        self.board = Board(processes)
        self.processes = processes
        self.stopping = False
        self.starts = 0
        self._past = Report(pid=0, turned=0.0)
        self.endpoint = Endpoint(listening(settings.host, settings.port), self.answer)

    def started(self, place: int) -> None:
        """A process was started in *place*: what the one before it has counted is kept."""
        self.starts += 1
        report = self.board.read(place)
        if report is not None:
            self._past = without_state(added([report], self._past))
        self.board.clear(place)

    def reports(self) -> list[Report | None]:
        return [self.board.read(place) for place in range(self.processes)]

    def answer(self, path: str, headers: Mapping[str, str]) -> Answer:
        """To a request for *path*."""
        now, reports = time.monotonic(), self.reports()
        match path:
            case "/healthz":
                return verdict(is_alive(reports, now, self.settings.patience.total_seconds()))
            case "/readyz":
                return verdict(is_ready(reports, now, stopping=self.stopping))
            case "/startupz":
                return verdict(is_started(reports))
            case "/metrics":
                if not may_read(headers.get("authorization"), self.settings.metrics_token):
                    return refusal(HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": "Bearer"})
                return self._metrics(reports, now, headers.get("accept", ""))
        return refusal(HTTPStatus.NOT_FOUND)

    def _metrics(self, reports: list[Report | None], now: float, accept: str) -> Answer:
        from advisorjobs.monitoring.worker_metrics import worker_metrics

        families = worker_metrics(
            reports, self._past, now, version=our_version(), starts=self.starts, stopping=self.stopping
        )
        text, media_type = exposed(families, accept)
        return Answer(HTTPStatus.OK, text, media_type)


def verdict(found: Verdict) -> Answer:
    return Answer(found.status, json.dumps(found.as_object()).encode())


@contextmanager
def looked_out(settings: Health) -> Iterator[Callable[[Report], None] | None]:
    """For a worker without a parent: answers in a thread while the block lasts, whatever the event loop does.

    Yields what takes the worker's reports; None, and no thread, where no port is set.
    """
    if settings.port is None:
        yield None
        return
    lookout = Lookout(settings, 1)
    lookout.started(0)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            lookout.endpoint.serve(MOMENT)

    thread = threading.Thread(target=serve, name="advisorjobs lookout", daemon=True)
    thread.start()
    try:
        yield lambda report: lookout.board.pin(0, report)
    finally:
        ended.set()
        thread.join()
        lookout.endpoint.close()
