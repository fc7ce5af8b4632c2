"""Writing down how runs ended: collected while one write is under way, then written as one batch, until it is certain."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from advisorjobs.database.link import Link, is_passing
from advisorjobs.engine.fingerprint import fingerprint_of_text
from advisorjobs.engine.outcome import Ending
from advisorjobs.errors import ErrorCode
from advisorjobs.monitoring.meter import Meter

if TYPE_CHECKING:
    from advisorjobs.engine.run import Run

__all__ = ["BATCH", "Completer", "completion", "settlement_text"]

log = logging.getLogger(__name__)

BATCH = 200

PATIENCE = "300ms"
"""How long a batch waits for a row or a job lock that somebody else's transaction holds."""

HELD_PAUSE = 2.0
"""Seconds until runs whose jobs were locked by somebody else are tried again."""


class Done(NamedTuple):
    """A run that ended well: `result` as JSON text."""

    run: Run
    run_ms: int
    result: str


class Settled(NamedTuple):
    """A run that ended otherwise."""

    run: Run
    run_ms: int | None
    ending: Ending


class JobsHeld(Exception):
    """Somebody else's transaction has locked these of the batch's jobs."""

    def __init__(self, ids: set[int]) -> None:
        super().__init__()
        self.ids = ids


class Completer:
    """The outbox of a worker. What it holds is written in order of arrival, each batch until the database has it.

    A batch that can't be written now (connection, lock time-out, shutdown) is tried again for as long as its lease
    lives; a lost answer is looked up in the history, so that nothing is taken for lost that was written. A batch that
    the database refuses is halved until the one bad row stands alone; that run is written as failed instead. Jobs that
    somebody's open transaction holds (a cancellation, say) are set aside for a while, so that the others don't wait.
    """

    def __init__(self, link: Link, on_written: Callable[[], None], meter: Meter | None = None) -> None:
        self.link = link
        self.meter = meter or Meter()
        self.on_written = on_written
        self.done: deque[Done] = deque()
        self.settled: deque[Settled] = deque()
        self.aside: list[Done | Settled] = []
        self.writing = 0
        self._aside_until = 0.0
        self._arrived = asyncio.Event()
        self._written = asyncio.Event()

    def __len__(self) -> int:
        """Runs that are not written yet."""
        return len(self.done) + len(self.settled) + len(self.aside) + self.writing

    def complete(self, run: Run, run_ms: int, result: str) -> None:
        self.done.append(Done(run, run_ms, result))
        self._arrived.set()

    def settle(self, run: Run, run_ms: int | None, ending: Ending) -> None:
        self.settled.append(Settled(run, run_ms, ending))
        self._arrived.set()

    def forget(self) -> None:
        """The lease is lost: nothing of it may be written."""
        self.done.clear()
        self.settled.clear()
        self.aside.clear()

    async def drained(self) -> None:
        """Returns once nothing is left to write."""
        while len(self):
            self._written.clear()
            await self._written.wait()

    async def loop(self) -> None:
        """Writes what arrives, for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HELD_PAUSE if self.aside else None):
                    await self._arrived.wait()
            self._arrived.clear()
            if self.aside and monotonic() >= self._aside_until:
                await self._write_aside()
            while self.done or self.settled:
                await self._write_next()
            self._written.set()

    async def _write_next(self) -> None:
        done = [self.done.popleft() for _ in range(min(BATCH, len(self.done)))]
        settled = [self.settled.popleft() for _ in range(min(BATCH, len(self.settled)))]
        await self._write(done, settled)

    async def _write_aside(self) -> None:
        aside, self.aside = self.aside, []
        await self._write(
            [each for each in aside if isinstance(each, Done)], [each for each in aside if isinstance(each, Settled)]
        )

    async def _write(self, done: list[Done], settled: list[Settled]) -> None:
        self.writing = len(done) + len(settled)
        started = monotonic()
        if done:
            await self._write_done(done)
        if settled:
            await self._write_settled(settled)
        self.meter.completed(self.writing, monotonic() - started)
        self.writing = 0
        self.on_written()

    async def _write_done(self, batch: list[Done]) -> None:
        batch.sort(key=lambda done: done.run.job.id)
        try:
            params = _completion(batch, PATIENCE)
            changed = await self._certainly("complete_runs", params, [done.run for done in batch])
        except JobsHeld as held:
            self._set_aside([done for done in batch if done.run.job.id in held.ids])
            if free := [done for done in batch if done.run.job.id not in held.ids]:
                await self._write_done(free)
            return
        except psycopg.Error as error:
            if len(batch) > 1:
                await self._write_done(batch[: len(batch) // 2])
                await self._write_done(batch[len(batch) // 2 :])
            else:
                await self._write_settled([Settled(batch[0].run, batch[0].run_ms, _refused(error))])
            return
        self._account([done.run for done in batch], changed)

    async def _write_settled(self, batch: list[Settled]) -> None:
        batch.sort(key=lambda settled: settled.run.job.id)
        params = {"runs": _settlements(batch), "patience": PATIENCE}
        try:
            changed = await self._certainly("settle_runs", params, [settled.run for settled in batch])
        except JobsHeld as held:
            self._set_aside([settled for settled in batch if settled.run.job.id in held.ids])
            if free := [settled for settled in batch if settled.run.job.id not in held.ids]:
                await self._write_settled(free)
            return
        except psycopg.errors.UniqueViolation:
            # a queueing lock was taken between the statement's look and its write: the next look sees it
            await asyncio.sleep(0.01)
            await self._write_settled(batch)
            return
        except psycopg.Error as error:
            if len(batch) > 1:
                await self._write_settled(batch[: len(batch) // 2])
                await self._write_settled(batch[len(batch) // 2 :])
            elif batch[0].ending.error_code is not ErrorCode.DATABASE:
                await self._write_settled([batch[0]._replace(ending=_refused(error))])
            else:
                log.error("a run's end can't be written: sqlstate %s; it is given back", error.sqlstate)
                run = batch[0].run
                run.lease.written(run.job.token)  # unknown from here on: the heartbeat gives it back, as soon as it can
            return
        self._account([settled.run for settled in batch], changed)

    async def _certainly(self, name: str, params: dict[str, Any], runs: list[Run]) -> set[int]:
        """Runs the statement until its answer is known; returns the ids of runs that it, or a lost try of it, changed.

        Raises JobsHeld, and the database's refusals: one by which a connection may show that a migration made its plans stale
        counts only when a new connection repeats it.
        """
        lost = anew = False
        while runs[0].lease.alive:
            try:
                changed = set(await self.link.value(name, params, timeout=30.0))
                if lost and len(changed) < len(runs):
                    changed |= await self._ended_before(runs)
                return changed
            except (psycopg.Error, TimeoutError, OSError) as error:
                if not is_passing(error):
                    if anew or self.link.connection is not None:
                        raise
                    anew = True
                    continue
                if isinstance(error, psycopg.errors.LockNotAvailable) and (held := await self._held(runs)):
                    raise JobsHeld(held) from None
                lost = True
                log.warning("can't write how runs ended, trying again: %s", type(error).__name__)
        return set()

    async def _held(self, runs: list[Run]) -> set[int]:
        """Those of the runs' jobs that somebody else has locked; none, where that can't be told now."""
        try:
            return set(await self.link.value("held_jobs", {"ids": [run.job.id for run in runs]}))
        except (psycopg.Error, TimeoutError, OSError) as error:
            if not is_passing(error):
                raise
            return set()

    def _set_aside(self, held: Sequence[Done | Settled]) -> None:
        log.warning("somebody's transaction holds jobs %s: writing later how they ended", [e.run.job.id for e in held])
        self.aside += [each for each in held if each.run.lease.alive]
        self._aside_until = monotonic() + HELD_PAUSE

    async def _ended_before(self, runs: list[Run]) -> set[int]:
        params = {
            "worker": runs[0].lease.worker,
            "ids": [run.job.id for run in runs],
            "run_nos": [run.job.run_no for run in runs],
        }
        return set(await self.link.value("ended_by", params))

    def _account(self, runs: list[Run], changed: set[int]) -> None:
        for run in runs:
            run.lease.written(run.job.token)
        if len(changed) < len(runs):
            missing = [run.job.id for run in runs if run.job.id not in changed]
            log.warning("not written, because the runs were no longer this worker's: jobs %s", missing)


def completion(run: Run, run_ms: int, result: str) -> dict[str, Any]:
    """The parameters of complete_runs for one run, for a job function's own transaction; *result* as JSON text."""
    return _completion([Done(run, run_ms, result)])


def _completion(batch: list[Done], patience: str | None = None) -> dict[str, Any]:
    jobs = [done.run.job for done in batch]
    return {
        "ids": array_text(str(job.id) for job in jobs),
        "run_nos": array_text(str(job.run_no) for job in jobs),
        "tokens": array_text(job.token for job in jobs),
        "run_ms": array_text(str(done.run_ms) for done in batch),
        "results": array_text(quoted(done.result) for done in batch),
        "locks": sorted({job.lock for job in jobs if job.lock is not None}) or None,
        "patience": patience,
    }


def array_text(items: Iterable[str]) -> str:
    """A literal of an SQL array: one string costs less than a list of adapted values, and its type never varies."""
    return f"{{{','.join(items)}}}"


def quoted(text: str) -> str:
    """*text* as an item of such a literal."""
    return '"null"' if text == "null" else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def settlement_text(run: Run, run_ms: int | None, ending: Ending) -> str:
    """How one run ended, as the statement settle_runs takes it."""
    return _settlements([Settled(run, run_ms, ending)])


def _settlements(batch: list[Settled]) -> str:
    return json.dumps([_settlement(settled) for settled in batch])


def _settlement(settled: Settled) -> dict[str, Any]:
    job, ending = settled.run.job, settled.ending
    return {
        "id": job.id,
        "run_no": job.run_no,
        "token": job.token,
        "run_ms": settled.run_ms,
        "status": ending.status,
        "final": ending.final,
        "delay": ending.delay,
        "attempt_back": ending.attempt_back,
        "start_back": ending.start_back,
        "error_code": ending.error_code,
        "error_message": _keepable(ending.error_message),
        "stack_trace": _keepable(ending.stack_trace),
        "fingerprint": _fingerprint(job.name, ending),
        "queue": ending.queue,
        "priority": ending.priority,
        "lock": ending.lock,
        "crashes": ending.crashes,
        "parked": ending.parked,
        "close_for": ending.close_for,
    }


def _fingerprint(job_name: str, ending: Ending) -> str | None:
    if ending.error_code is None:
        return None
    return ending.fingerprint or fingerprint_of_text(job_name, ending.error_code, ending.error_message)


def _keepable(text: str | None) -> str | None:
    """*text* without what Postgres can't keep (NUL, lone surrogates): a message may be bad, its run still ends."""
    if text is None:
        return None
    return text.replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode("utf-8")


def _refused(error: psycopg.Error) -> Ending:
    return Ending(
        status="failed",
        final=True,
        error_code=ErrorCode.DATABASE,
        error_message=f"the database refused to keep how the run ended (sqlstate {error.sqlstate})",
    )
