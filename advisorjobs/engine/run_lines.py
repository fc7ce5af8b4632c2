"""What job functions say while they run, kept for people: gathered in memory, bounded, and written in batches on the side.

A run keeps its first lines and says how many more there were. A run that says nothing has no part in this. What is lost when a
process is killed are the lines of its last second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from advisorjobs.database.link import Link, is_passing
from advisorjobs.engine.current import current_run, is_of_run
from advisorjobs.spoken import error_of, text_of

if TYPE_CHECKING:
    from advisorjobs.engine.run import Run
    from advisorjobs.losses import Losses

__all__ = ["MOST_LINES", "LineHandler", "RunLines", "cut", "kept_text"]

log = logging.getLogger(__name__)

MOST_LINES = 200
"""Of one run."""

LONGEST_LINE = 1000
"""Characters."""

MOST_WAITING = 20_000
"""Lines of a process that are not written yet; while the database can't be reached, the oldest go first."""

BATCH = 500
EVERY = 1.0
GATHERING = 0.05
"""Seconds in which the ends of further runs are waited for, after one has ended that said something."""

OF_JOBS = ("advisorjobs.job", "advisorjobs.services", "advisorjobs.tasks", "tasks")
"""Loggers by which our own job functions speak, beside those of the function's own package."""

LEVELS = ((logging.ERROR, "error"), (logging.WARNING, "warning"), (logging.INFO, "info"))


class Line(NamedTuple):
    """A line as the table has it; `no` counts from 1 within the run."""

    job_id: int
    run_no: int
    no: int
    at: datetime
    level: str
    text: str
    organization_id: str | None


class LineHandler(logging.Handler):
    """Hands *keep* (run, moment in seconds, level, text) what is said by a job function in its run, from "info" on."""

    def __init__(self, keep: Callable[[Run, float, str, str], None], losses: Losses) -> None:
        super().__init__(logging.INFO)
        self.keep = keep
        self.losses = losses

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps *record* where a job function says it. Never raises: it is the function that would."""
        with self.losses.harmless("keeping a line of a run"):
            run = current_run.get()
            if run is not None and (is_of_jobs(record.name) or is_of_run(record.name)):
                level = next(name for grade, name in LEVELS if record.levelno >= grade)
                self.keep(run, record.created, level, kept_text(record))


def is_of_jobs(logger: str) -> bool:
    """Whether our jobs, or the services that they call, speak by *logger*; "advisorjobs.jobs" is another's name."""
    return any(logger == name or logger.startswith(f"{name}.") for name in OF_JOBS)


def kept_text(record: logging.LogRecord) -> str:
    """The text of *record*; of an exception its type and place."""
    raised = error_of(record.exc_info)
    said = text_of(record)
    if raised:
        said = f"{said} ({raised['error']} at {raised.get('error_at', 'an unknown place')})"
    return cut(said)


def cut(text: str) -> str:
    """*text* as it may be kept: not too long, and without what PostgreSQL can't keep (NUL, lone surrogates)."""
    if len(text) > LONGEST_LINE:
        text = f"{text[: LONGEST_LINE - 1]}…"
    return text.replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode("utf-8")


class RunLines:
    """The lines of a worker process. `keep` may be called from any thread, the rest from the event loop."""

    def __init__(self, link: Link, losses: Losses) -> None:
        self.link = link
        self.losses = losses
        self.waiting: deque[Line] = deque(maxlen=MOST_WAITING)
        self._loop = asyncio.get_running_loop()
        self._said = asyncio.Event()
        self._ended = asyncio.Event()
        self._counting = threading.Lock()

    def keep(self, run: Run, moment: float, level: str, text: str) -> None:
        """Keeps a line that was said at *moment* (seconds since 1970)."""
        with self._counting:
            run.said += 1
            if run.said <= MOST_LINES:
                self._add(run, run.said, moment, level, text)

    def kept_elsewhere(self, run: Run, count: int) -> None:
        """A child process has said *count* lines more than it handed on."""
        run.said += count

    def ended(self, run: Run) -> None:
        """*run*, which has said something, is over: its lines are written soon."""
        more = run.said - MOST_LINES
        if more > 0:
            text = f"… {more} {'line' if more == 1 else 'lines'} more"
            with self._counting:
                self._add(run, MOST_LINES + 1, self._now(), "info", text)
        self._said.set()
        self._ended.set()

    async def loop(self) -> None:
        """Writes what was said, for ever: once a second, and soon after the end of a run."""
        while True:
            await self._said.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await self._ended.wait()
                    await asyncio.sleep(GATHERING)
            self._said.clear()
            self._ended.clear()
            await self.flush()

    async def close(self, seconds: float) -> None:
        """Writes what waits, within *seconds*, and ends."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.flush()
        if self.waiting:
            self.losses.note("unwritten", len(self.waiting))
            log.warning("%d lines of runs were not kept: the database can't be reached", len(self.waiting))
        await self.link.close()

    async def flush(self) -> None:
        """Writes all that waits; leaves it where the database can't be reached now."""
        while self.waiting:
            batch = [self.waiting.popleft() for _ in range(min(BATCH, len(self.waiting)))]
            try:
                await self._write(batch)
            except asyncio.CancelledError:  # at a stop: they are written, or counted, by `close`
                self._put_back(batch)
                raise
            except Exception as error:
                if is_passing(error):
                    self._put_back(batch)
                    self._said.set()
                    return
                self.losses.note("unwritten", len(batch))
                self.losses.failed("writing lines of runs", error)

    def _put_back(self, batch: list[Line]) -> None:
        """For another try; the oldest go first where there are too many."""
        room = MOST_WAITING - len(self.waiting)
        if room < len(batch):
            self.losses.note("overflow", len(batch) - room)
        self.waiting.extendleft(reversed(batch[len(batch) - room :] if room < len(batch) else batch))

    async def _write(self, batch: list[Line]) -> None:
        columns = zip(*batch, strict=True)
        await self.link.value("keep_log_lines", dict(zip(Line._fields, map(list, columns), strict=True)))

    def _add(self, run: Run, no: int, moment: float, level: str, text: str) -> None:
        job = run.job
        at = datetime.fromtimestamp(moment, UTC)
        if len(self.waiting) == MOST_WAITING:
            self.losses.note("overflow")
        self.waiting.append(Line(job.id, job.run_no, no, at, level, text, job.organization_id))
        if len(self.waiting) == 1:  # looked at afterwards: those before it may have been written meanwhile
            self._loop.call_soon_threadsafe(self._said.set)

    def _now(self) -> float:
        return datetime.now(UTC).timestamp()
