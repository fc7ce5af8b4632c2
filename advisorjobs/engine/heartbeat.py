"""The heartbeat: a thread with a connection of its own, so that neither a blocked event loop nor a busy pool can stop it.

It renews the lease, brings back what must be aborted, and watches the event loop: a loop that no longer turns because a
job blocks it is seen from here only.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import math
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from advisorjobs.database.link import connection_options
from advisorjobs.database.statement import statement
from advisorjobs.engine.footprint import Footprint
from advisorjobs.engine.lease import Lease

__all__ = ["Heartbeat", "Pulse"]

log = logging.getLogger(__name__)

LAG_WARNING = 1.0
LAG_LIMIT = 10.0
"""A loop that a run blocks for so long beyond the run's time limit is not coming back: the process is replaced."""

WATCH = 0.25


@dataclass(slots=True)
class Pulse:
    """What the event loop shows the watching thread: when it last turned, and what it began to run then.

    `overdue()` gives the run that holds the loop, if that run's deadline has passed: its job, and a settlement of it.
    `stop_by`: when this process, told to stop, must have ended (monotonic). `answered_at`, `lost_at`: when the database last
    answered a heartbeat, and when one was lost (monotonic); `opened`: connections so far.
    """

    turned: float = field(default_factory=time.monotonic)
    loop_thread: int = field(default_factory=threading.get_ident)
    overdue: Callable[[], tuple[int, str] | None] = lambda: None
    stop_by: float = math.inf
    answered_at: float = 0.0
    lost_at: float = 0.0
    opened: int = 0


class Heartbeat:
    """Beats five times in a lease. `on_lost` and `on_aborts` are called in this thread and must only pass a message on;
    `on_stuck` is called when the process can't be saved, after what it held was given back, and must end it."""

    def __init__(
        self,
        dsn: str,
        lease: Lease,
        pulse: Pulse,
        *,
        on_lost: Callable[[], None],
        on_aborts: Callable[[list[int]], None],
        on_stuck: Callable[[], None],
    ) -> None:
        self.dsn = dsn
        self.lease = lease
        self.pulse = pulse
        self.on_lost = on_lost
        self.on_aborts = on_aborts
        self.on_stuck = on_stuck
        self.interval = lease.seconds / 5
        self._stopped = threading.Event()
        self._connection: psycopg.Connection[Any] | None = None
        self._sent_at = math.inf
        self._hurry = self._warned = False
        self._fenced_at: float | None = None
        self._footprint = Footprint()
        self._thread = threading.Thread(target=self._loop, name="advisorjobs heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def hurry(self) -> None:
        """Beats at once: a claim was lost, and the beat after this one gives back what it took."""
        self._hurry = True

    def unstick(self) -> None:
        """Ends a call that is unanswered after two intervals, by cutting its connection: a peer that has gone silent must
        not cost the lease, nor the watch over the event loop. For the event loop, now and then."""
        connection = self._connection
        if connection is None or time.monotonic() - self._sent_at < 2 * self.interval:
            return
        try:
            with socket.socket(fileno=os.dup(connection.fileno())) as cut:
                cut.shutdown(socket.SHUT_RDWR)
        except (OSError, psycopg.Error) as error:
            log.debug("the heartbeat's connection was gone already: %s", type(error).__name__)

    async def stop(self, timeout: float = 5.0) -> None:
        """Stops beating; the lease runs out by itself unless the worker leaves first. Waits without a thread of the
        loop's executor: jobs may have taken all of them."""
        self._stopped.set()
        end = time.monotonic() + timeout
        while self._thread.is_alive() and time.monotonic() < end:  # noqa: ASYNC110 - a thread knows no event of the loop
            await asyncio.sleep(0.01)

    def _loop(self) -> None:
        next_beat = time.monotonic() + self.interval
        while not self._stopped.wait(min(WATCH, self.interval / 2)):
            self._watch()
            if time.monotonic() < next_beat and not self._hurry:
                continue
            self._hurry = False
            next_beat = time.monotonic() + (self.interval if self._beat() else min(1.0, self.interval))
            if not self.lease.alive:
                self.on_lost()
                break
        self._close()

    def _beat(self) -> bool:
        """One beat; False when it could not be sent or answered (tried again soon)."""
        claims = list(self.lease.claims)
        sent_at = time.monotonic()
        try:
            alive, last_beat = self._execute("beat", {**self._signs(), "token": self.lease.token})
            if not alive:
                self.lease.end()
                return True
            self.lease.renewed(sent_at)
            self._reconcile(claims, last_beat)
        except (psycopg.Error, OSError) as error:
            log.warning("heartbeat failed, trying again: %s", type(error).__name__)
            self.pulse.lost_at = time.monotonic()
            self._close()
            return False
        return True

    def _signs(self) -> dict[str, Any]:
        memory, cpu = self._footprint.measure()
        stopping = self.pulse.stop_by < math.inf
        return {"worker": self.lease.worker, "memory": memory, "cpu": cpu, "stopping": stopping}

    def _reconcile(self, claims: list[str], before: datetime) -> None:
        """*claims* as they were before the renewal was sent; *before*: the renewal before that one."""
        try:
            params = {"worker": self.lease.worker, "claims": claims, "before": before}
            released, aborts = self._execute("reconcile", params)
        except psycopg.errors.LockNotAvailable:
            log.warning("could not compare jobs with the database, because somebody locked them: trying again")
            return
        if released:
            log.warning("gave back %d jobs whose claim was lost on the way", len(released))
        if aborts:
            self.on_aborts(aborts)

    def _watch(self) -> None:
        """Warns of a loop that stands still; fences the overdue run that holds it; gives up on it after LAG_LIMIT more."""
        lag = time.monotonic() - self.pulse.turned
        if lag < LAG_WARNING:
            self._warned, self._fenced_at = False, None
            return
        if not self._warned:
            self._warned = True
            log.warning("the event loop has stood still for %.1f s in %s", lag, self._place())
        if time.monotonic() > self.pulse.stop_by:
            self.give_up([])
        overdue = self.pulse.overdue()
        if overdue is None:
            return
        if self._fenced_at is None:
            self._fenced_at = time.monotonic()
            self._try("settle_runs", {"runs": overdue[1], "patience": None})
            log.error("job %d blocks the event loop beyond its time limit: fenced", overdue[0])
        elif time.monotonic() - self._fenced_at > LAG_LIMIT:
            self.give_up([overdue[0]])

    def give_up(self, but: list[int]) -> None:
        """Hands back all but the jobs *but*, writes every thread's stack (places only, no values), and ends the process."""
        log.critical("giving up this process: it can't be freed of %s", f"jobs {but}" if but else self._place())
        self._try("hand_back", {"worker": self.lease.worker, "token": self.lease.token, "but": but})
        faulthandler.dump_traceback(file=sys.__stderr__ or sys.stderr, all_threads=True)
        self.on_stuck()

    def _place(self) -> str:
        frame = sys._current_frames().get(self.pulse.loop_thread)  # noqa: SLF001 - the documented way
        return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "an unknown place"

    def _try(self, name: str, params: dict[str, Any]) -> None:
        try:
            self._execute(name, params)
        except (psycopg.Error, OSError) as error:
            log.error("%s failed: %s", name, type(error).__name__)
            self._close()

    def _execute(self, name: str, params: dict[str, Any]) -> Any:
        if self._connection is None:
            options = connection_options("advisorjobs heartbeat")
            self._connection = psycopg.connect(
                self.dsn, autocommit=True, prepare_threshold=None, row_factory=tuple_row, **options
            )
            self.pulse.opened += 1
        self._sent_at = time.monotonic()
        try:
            answer = self._connection.execute(statement(name), params).fetchone()
            self.pulse.answered_at = time.monotonic()
            return answer
        finally:
            self._sent_at = math.inf

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
