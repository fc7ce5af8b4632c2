"""A place in a list of jobs: text that an address can hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from advisorjobs.errors import SettingsError

__all__ = ["JobCursor"]

WRITTEN = re.compile(r"(-?[0-9]{1,19})(?:@([0-9]{1,18}))?", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class JobCursor:
    """A job's number, and the moment of its end where the list goes by that: "4711", or "4711@1764356400123456" (µs)."""

    id: int
    at: datetime | None = None

    @classmethod
    def parse(cls, text: str, name: str = "before") -> Self:
        """Raises SettingsError, naming *name*, for what was never written by `__str__`."""
        match = WRITTEN.fullmatch(text)
        try:
            if match is not None and abs(int(match[1])) < 1 << 63:
                return cls(int(match[1]), EPOCH + timedelta(microseconds=int(match[2])) if match[2] else None)
        except OverflowError:
            pass
        raise SettingsError(name, text[:40], "is no place in a list of jobs")

    def __str__(self) -> str:
        if self.at is None:
            return str(self.id)
        return f"{self.id}@{(self.at - EPOCH) // timedelta(microseconds=1)}"
