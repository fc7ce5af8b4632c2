"""Backlogs of any size and kind, written straight into the table, for measures and tests of the claim's cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

__all__ = ["Backlog"]

SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Jobs that wait. `organizations`: how many they belong to in turn (0: none), named *prefix* and a number.

    `priorities`: over how many they are spread. `delay`: seconds until they are due (None: ready). `parked`: why they
    have left the ready index.
    """

    name: str = "test:work"
    queue: str = "critical"
    organizations: int = 50
    prefix: str = "org-"
    priorities: int = 1
    lock: str | None = None
    key: str | None = None
    delay: float | None = None
    parked: str | None = None

    def add(self, connection: psycopg.Connection[Any], count: int) -> None:
        """Writes *count* of them."""
        connection.execute((SQL / "fill_jobs.sql").read_bytes(), {**asdict(self), "count": count})

    def run_head(self, connection: psycopg.Connection[Any]) -> None:
        """Runs the first of them elsewhere, so that the others wait behind its lock or key."""
        connection.execute((SQL / "run_head.sql").read_bytes(), {"lock": self.lock, "key": self.key})
