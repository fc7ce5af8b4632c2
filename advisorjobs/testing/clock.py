"""The time of a test: no clock is changed; what waits for a time is made older instead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["Clock"]


@dataclass(slots=True)
class Clock:
    """`ahead`: how far the test's time is before the database's. `frozen_at`: the database's moment since when it stands."""

    ahead: timedelta = timedelta(0)
    frozen_at: datetime | None = None

    def reads(self, now: datetime) -> datetime:
        """The test's time, when the database's is *now*."""
        return (self.frozen_at or now) + self.ahead

    def lag(self, now: datetime) -> timedelta:
        """How much younger all that waits must become for no time to have passed while it stood; then it stands since *now*."""
        if self.frozen_at is None:
            return timedelta(0)
        lag = now - self.frozen_at
        self.ahead, self.frozen_at = self.ahead - lag, now
        return lag
