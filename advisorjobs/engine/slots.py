"""How much work a process may hold: slots per queue, and a prefetch that short jobs earn and long ones lose. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisorjobs.engine.run import Run

__all__ = ["QueueSlots", "Slots"]

PREFETCH_SECONDS = 0.05
"""A prefetch is never more than this much of the queue's measured work."""

LARGEST_PREFETCH = 150
SMOOTHING = 0.3


class QueueSlots:
    """One queue's part of a process: `running` of `slots`, and `waiting` runs that were claimed and not started."""

    __slots__ = ("ended", "name", "prefetch", "rate", "running", "slots", "waiting")

    def __init__(self, name: str, slots: int) -> None:
        self.name = name
        self.slots = slots
        self.running = 0
        self.waiting: deque[Run] = deque()
        self.prefetch = 0
        self.rate = 0.0
        self.ended = 0

    def wanted(self) -> int:
        """How many jobs the next claim should ask for: free slots at once, a prefetch when half of it is used up."""
        free = self.slots - self.running
        held = len(self.waiting)
        if free > held:
            return free - held + self.prefetch
        return self.prefetch - held if held * 2 <= self.prefetch else 0

    def measure(self, seconds: float) -> None:
        """Takes in how many runs ended in the last *seconds*, and sizes the prefetch by it."""
        rate = self.ended / seconds
        self.ended = 0
        self.rate += SMOOTHING * (rate - self.rate) if rate < self.rate else 0.7 * (rate - self.rate)
        earned = int(self.rate * PREFETCH_SECONDS)
        # longer jobs leave time enough for a claim while others run, and what is not held can't be lost with this process
        self.prefetch = min(LARGEST_PREFETCH, earned) if earned >= self.slots else 0


class Slots:
    """All queues that a process serves."""

    def __init__(self, slots: Mapping[str, int]) -> None:
        self.queues = {name: QueueSlots(name, count) for name, count in slots.items()}

    def wanted(self) -> tuple[list[str], list[int]]:
        """Queues with room, and how many jobs for each."""
        names, counts = [], []
        for queue in self.queues.values():
            count = queue.wanted()
            if count > 0:
                names.append(queue.name)
                counts.append(count)
        return names, counts

    def measure(self, seconds: float) -> None:
        for queue in self.queues.values():
            queue.measure(seconds)

    def idle(self) -> bool:
        return all(queue.running == 0 and not queue.waiting for queue in self.queues.values())
