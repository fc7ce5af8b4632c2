"""A pause as seen from outside: what it holds, since when, until when and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from advisorjobs.database.operation import Row

__all__ = ["Pause", "read_pause", "read_pauses"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Of a queue (`organization_id` None), an organization in every queue (`queue` None), or an organization in a queue.

    `until` None: until somebody resumes it.
    """

    queue: str | None
    organization_id: str | None
    since: datetime
    until: datetime | None
    reason: str | None
    paused_by: str | None


def read_pauses(rows: Sequence[Row]) -> list[Pause]:
    """Reads rows of get_pauses.sql."""
    return [pause for row in rows if (pause := read_pause(row))]


def read_pause(row: Row) -> Pause | None:
    """The pause that a row tells of; None where its `since` is empty."""
    if row["since"] is None:
        return None
    return Pause(
        queue=row["queue"] or None,
        organization_id=row["organization_id"] or None,
        since=row["since"],
        until=row["until"],
        reason=row["reason"],
        paused_by=row["paused_by"],
    )
