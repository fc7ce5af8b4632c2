"""How long a failed job waits before its next run. Pure arithmetic; the random number is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

__all__ = ["LONGEST_DELAY", "Backoff", "exponential", "fixed"]

LONGEST_DELAY = timedelta(hours=1)
JITTER = 0.10


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds to wait before retry *n* (1 is the first): `seconds · 2ⁿ⁻¹` when exponential, else `seconds`."""

    kind: Literal["exponential", "fixed"]
    seconds: float

    def delay(self, retry: int, *, random: float = 0.0) -> timedelta:
        """The wait before retry number *retry*, at most an hour; *random* (0…1) adds up to 10 %, never subtracts."""
        doublings = min(retry - 1, 32) if self.kind == "exponential" else 0
        seconds = min(self.seconds * 2**doublings, LONGEST_DELAY.total_seconds())
        return timedelta(seconds=seconds * (1 + JITTER * random))


def exponential(seconds: float) -> Backoff:
    """*seconds*, then twice as long each time: exponential(2) waits 2, 4, 8, 16, 32 … s."""
    return Backoff("exponential", seconds)


def fixed(seconds: float) -> Backoff:
    """*seconds* each time."""
    return Backoff("fixed", seconds)
