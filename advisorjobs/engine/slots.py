"""How much work a process may hold: slots per queue, and a prefetch that short jobs earn and long ones lose. No I/O."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisorjobs.engine.run import Run
    from advisorjobs.engine.visit import Visit

__all__ = ["QueueSlots", "Slots"]

PREFETCH_SECONDS = 0.05
"""A prefetch is never more than this much of the queue's measured work, or than a quarter of the time that a rate limit's
grants are good for."""

LARGEST_PREFETCH = 400
SMOOTHING = 0.3

BETWEEN_LOOKS = 0.05
"""How soon a busy worker looks again at a queue of which only some organizations wait: another's job may have come."""

AGED_ONE_IN = 10
"""One start in so many goes to a lower priority, if one waits: so low is slow, never never."""


LONGEST_BRAKE = 1.0
"""A queue whose jobs start too late for their grants is asked again after so many seconds at most."""


class QueueSlots:
    """One queue's part of a process: `running` of `slots`, and `waiting` runs that were claimed and not started.

    `cursor`, `limited`, `opens_at`, `more_at`: what the last claim said about it; it is not asked before `opens_at`, and by
    itself has nothing new before `more_at` (both on the monotonic clock). `elsewhere`: its jobs run in child processes.
    `braked_until`, `brake`: not asked before, and for how many seconds, because what it brought started too late.
    `since_aged`: starts that count towards the next one of a lower priority. `started`, `finished`: runs so far.
    """

    __slots__ = (
        "brake",
        "braked_until",
        "cursor",
        "elsewhere",
        "ended",
        "finished",
        "limited",
        "more_at",
        "name",
        "opens_at",
        "prefetch",
        "rate",
        "running",
        "since_aged",
        "slots",
        "start_within",
        "started",
        "waiting",
    )

    def __init__(self, name: str, slots: int) -> None:
        self.name = name
        self.slots = slots
        self.running = 0
        self.waiting: deque[Run] = deque()
        self.prefetch = 0
        self.rate = 0.0
        self.ended = 0
        self.cursor: str | None = None
        self.limited = False
        self.start_within = math.inf
        self.opens_at = 0.0
        self.more_at = 0.0
        self.braked_until = 0.0
        self.brake = 0.0
        self.elsewhere = False
        self.since_aged = 0
        self.started = 0
        self.finished: Counter[str] = Counter()

    def wanted(self) -> int:
        """How many jobs the next claim should ask for: free slots at once, a prefetch when half of it is used up."""
        free = self.slots - self.running
        held = len(self.waiting)
        if free > held:
            return free - held + self.prefetch
        return self.prefetch - held if held * 2 <= self.prefetch else 0

    def aged(self, count: int) -> int:
        """How many of the next *count* jobs are to be of a lower priority."""
        return max(0, self.since_aged + count) // AGED_ONE_IN

    def brought(self, count: int, aged: int) -> None:
        """A claim brought *count* jobs, the first *aged* of them set aside for lower priorities."""
        self.since_aged += count - AGED_ONE_IN * min(aged, count)

    def heard(self, visit: Visit, now: float, polling: float) -> None:
        """Takes in what a claim said about the queue. What opens later is asked again after *polling* seconds at most."""
        self.cursor = visit.cursor
        self.limited = visit.limited
        self.start_within = math.inf if visit.start_within is None else visit.start_within
        self.opens_at = self.more_at = 0.0
        if visit.opens_in is not None:
            self.more_at = now + min(polling, max(0.001, visit.opens_in))
            self.opens_at = self.more_at if visit.closed else min(self.more_at, now + BETWEEN_LOOKS)

    def late(self, now: float) -> None:
        """A job started too late for its grant: to claim on at once would only claim more that does. The pause is as long as a
        grant is good, and twice the last one while nothing starts in time."""
        if now >= self.braked_until:
            self.brake = min(LONGEST_BRAKE, max(self.start_within, self.brake * 2))
            self.braked_until = now + self.brake

    def in_time(self) -> None:
        """A job was started."""
        self.brake = 0.0

    def open(self, now: float) -> bool:
        """Whether the queue may be asked."""
        return now >= self.opens_at and now >= self.braked_until

    def measure(self, seconds: float) -> None:
        """Takes in how many runs ended in the last *seconds*, and sizes the prefetch by it."""
        rate = self.ended / seconds
        self.ended = 0
        self.rate += SMOOTHING * (rate - self.rate) if rate < self.rate else 0.7 * (rate - self.rate)
        earned = int(self.rate * min(PREFETCH_SECONDS, self.start_within / 4))
        # longer jobs leave time enough for a claim while others run, and what is not held can't be lost with this process
        # and what a limit that is near has let through must start at once, by this worker or by none
        self.prefetch = min(LARGEST_PREFETCH, earned) if earned >= self.slots and not self.limited else 0


class Slots:
    """All queues that a process serves."""

    def __init__(self, slots: Mapping[str, int]) -> None:
        self.queues = {name: QueueSlots(name, count) for name, count in slots.items()}

    def wanted(self, now: float, ready: Callable[[], int]) -> tuple[list[str], list[int]]:
        """Queues with room that are open, and how many jobs for each.

        *ready* says how many blocking functions could begin at once: a start that a rate limit grants is lost where it
        has to wait for a child process.
        """
        names, counts = [], []
        for queue in self.queues.values():
            count = queue.wanted() if queue.open(now) else 0
            if count > 0 and queue.elsewhere and queue.start_within < math.inf:
                count = min(count, ready())
            if count > 0:
                names.append(queue.name)
                counts.append(count)
        return names, counts

    def opening(self, now: float) -> float:
        """Seconds until a limit lets more start in some queue; infinite where none holds anything up."""
        moments = (max(queue.more_at, queue.braked_until) for queue in self.queues.values())
        return min((moment - now for moment in moments if moment > now), default=math.inf)

    def shut(self, now: float) -> bool:
        """Whether some queue with free slots is not asked now because of its limits."""
        return any(not queue.open(now) and queue.wanted() > 0 for queue in self.queues.values())

    def reopen(self) -> None:
        """Limits may have changed: all queues are asked again."""
        for queue in self.queues.values():
            queue.opens_at = queue.more_at = 0.0

    def limited(self) -> bool:
        """Whether a limit held some queue's last claim: the end of any run may let the next job start."""
        return any(queue.limited for queue in self.queues.values())

    def measure(self, seconds: float) -> None:
        for queue in self.queues.values():
            queue.measure(seconds)

    def idle(self) -> bool:
        return all(queue.running == 0 and not queue.waiting for queue in self.queues.values())
