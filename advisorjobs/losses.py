"""What logs and traces lose beside the work: counted, told of once in a while, and never the work's affair."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from advisorjobs.spoken import error_of

__all__ = ["REASONS", "Losses"]

log = logging.getLogger(__name__)

REASONS = ("error", "stray", "overflow", "unwritten", "unsent")
"""`error`: something of ours, or of a tracer, raised; `stray`: said by a process whose run was over; `overflow`: more than is
kept waiting; `unwritten`: lines that the database refused, or that were left when the process ended; `unsent`: spans that the
collector didn't take."""

QUIET = 60.0
"""Seconds for which the same part is not told of again."""


class Losses:
    """`counts` by REASONS, for as long as the process lives. For all threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.counts = dict.fromkeys(REASONS, 0)
        self._clock = clock
        self._quiet_until: dict[str, float] = {}
        self._noting = threading.Lock()

    def note(self, reason: str, count: int = 1) -> None:
        """*count* more were lost for *reason*."""
        with self._noting:
            self.counts[reason] += count

    def failed(self, part: str, error: Exception) -> None:
        """*part* (words of ours) raised: counted each time, told of once a minute, by type and place."""
        self.note("error")
        now = self._clock()
        with self._noting:
            if now < self._quiet_until.get(part, now):
                return
            self._quiet_until[part] = now + QUIET
        said = error_of((type(error), error, error.__traceback__))
        where = said.get("error_at", "an unknown place")
        log.error("%s failed (%s at %s): no job is touched by it; it is counted", part, said["error"], where)

    def harmless(self, part: str) -> Harmless:
        """A block for *part*: whatever it raises inside ends here, but for what stops a task or a process."""
        return Harmless(self, part)


class Harmless:
    """See Losses.harmless."""

    __slots__ = ("_losses", "_part")

    def __init__(self, losses: Losses, part: str) -> None:
        self._losses = losses
        self._part = part

    def __enter__(self) -> None:
        """Begins the block."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, Exception):
            return False
        self._losses.failed(self._part, error)
        return True
