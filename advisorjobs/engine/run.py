"""One run of a job inside this process: what was claimed, who handles it, how long it may take, and its fate."""

from __future__ import annotations

import asyncio
import math
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisorjobs.engine.claimed import Claimed
    from advisorjobs.engine.handler import Handler
    from advisorjobs.engine.lease import Lease
    from advisorjobs.engine.outcome import Ending
    from advisorjobs.engine.ports import Ports

__all__ = ["Fate", "Run"]


class Fate(Enum):
    """Why this process stopped a run. The first that befalls it stays."""

    TIMED_OUT = "timed_out"
    ABORTED = "aborted"
    STOPPING = "stopping"
    LOST = "lost"


class Run:
    """`started`, `start_by` and `deadline` are on the monotonic clock, in seconds.

    `called`: its function was called, or may have been; a rate limit has counted its start for good.
    `closed`: how it ended is decided, whatever it still does. `asked`: told its fate and not yet stopped by force.
    `in_transaction`: the commit that completes it is under way. `ending`: how it ended, unless it completed. `lost`: another
    process may have it by now. `said`: lines of
    log so far. `span`: of its trace, while it is traced.
    """

    __slots__ = (
        "asked",
        "called",
        "closed",
        "deadline",
        "ending",
        "fate",
        "fated_at",
        "handler",
        "in_transaction",
        "job",
        "lease",
        "lost",
        "ports",
        "queue",
        "said",
        "span",
        "start_by",
        "started",
        "task",
    )

    def __init__(self, job: Claimed, handler: Handler, lease: Lease, ports: Ports) -> None:
        self.job = job
        self.handler = handler
        self.lease = lease
        self.ports = ports
        self.queue: Any = None
        self.task: asyncio.Task[None] | None = None
        self.started = 0.0
        self.deadline = 0.0
        self.start_by = math.inf
        self.fate: Fate | None = None
        self.fated_at = 0.0
        self.asked = False
        self.called = False
        self.closed = False
        self.in_transaction = False
        self.said = 0
        self.ending: Ending | None = None
        self.lost = False
        self.span: Any = None

    @property
    def outcome(self) -> str:
        """How it is counted once it has ended: see monitoring/report.py."""
        if self.lost:
            return "lost"
        return "completed" if self.ending is None else self.ending.outcome

    def ask(self, fate: Fate, until: float) -> None:
        """Lets the function find out by `should_abort`; *until* then it has time to end by itself."""
        if self.fate is None:
            self.fate, self.fated_at, self.asked = fate, until, True

    def stop(self, fate: Fate, now: float) -> None:
        """Cancels the work, once; how a run answers is its own affair, what is written follows from the fate."""
        if self.fate is None:
            self.fate = fate
            self.fated_at = now
        elif not self.asked:
            return
        self.asked = False
        if self.task is not None:
            self.task.cancel()
