"""A worker's telemetry beside metrics: lines of log of its runs, and their traces where these are wanted."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisorjobs.engine.child_words import Spans
from advisorjobs.engine.harmless_spans import HarmlessSpans
from advisorjobs.engine.run_lines import LineHandler, RunLines
from advisorjobs.errors import MissingExtra

if TYPE_CHECKING:
    from advisorjobs.losses import Losses
    from advisorjobs.telemetry_settings import Telemetry

__all__ = ["SPANS_PATIENCE", "lines_heard", "run_spans"]

log = logging.getLogger(__name__)

OF_JOBS = "advisorjobs.job"

SPANS_PATIENCE = 3.0
"""Seconds that a stopping process gives its last spans to reach the collector."""


@contextlib.contextmanager
def lines_heard(lines: RunLines) -> Iterator[None]:
    """Keeps what job functions say meanwhile; JobRun.log from "info" on, whatever the program prints."""
    root, jobs = logging.getLogger(), logging.getLogger(OF_JOBS)
    handler = LineHandler(lines.keep, lines.losses)
    level = jobs.level
    if not jobs.isEnabledFor(logging.INFO):
        jobs.setLevel(logging.INFO)
    added: list[logging.Handler] = [handler]
    if not root.handlers and logging.lastResort is not None:
        added.append(
            logging.lastResort
        )  # in a program that has set nothing up it is left out as soon as there is a handler
    for each in added:
        root.addHandler(each)
    try:
        yield
    finally:
        for each in added:
            root.removeHandler(each)
        jobs.setLevel(level)


@contextlib.contextmanager
def run_spans(telemetry: Telemetry, seconds: float, losses: Losses) -> Iterator[Spans | None]:
    """What makes the spans of runs, None where nothing is traced; at the end what waits is sent, within *seconds*. What fails
    of it is counted in *losses*.

    Raises MissingExtra where traces were asked for in so many words.
    """
    if not telemetry.tracing:
        yield None
        return
    try:
        from advisorjobs.tracing.provider import Provider
        from advisorjobs.tracing.runs import RunSpans
    except ModuleNotFoundError as error:
        if telemetry.insisted:
            raise MissingExtra("tracing", error.name or "opentelemetry") from error
        yield None
        return
    provider = Provider.of_worker(losses)
    try:
        yield HarmlessSpans(RunSpans(provider), losses)
    finally:
        if not provider.flush(seconds):
            log.warning("spans were still being sent after %g s: the last ones may be missing", seconds)
