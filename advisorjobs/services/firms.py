"""The firms that there are, and the one that a transaction works for: its clocks, its words, its own day.

Every function takes a blocking connection of a job's, as JobRun.connection() gives it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError, SettingsError
from advisorjobs.flow.zones import time_zone, wall_clock

__all__ = ["ListedFirm", "OwnFirm", "find_firm", "is_morning", "list_firms", "zone_of"]

MORNING, NOON = 7, 12
"""Hours of a local day. What finds no worker at seven is made up for until noon, and then left out."""


@dataclass(frozen=True, slots=True)
class ListedFirm:
    """A firm as jobs of `system` see it. `now`: the database's clock when it was listed."""

    organization_id: str
    time_zone: str
    now: datetime

    @property
    def today(self) -> date:
        """The firm's calendar day."""
        return wall_clock(self.now, zone_of(self.time_zone)).date()

    @property
    def is_morning(self) -> bool:
        return is_morning(self.now, zone_of(self.time_zone))


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFirm:
    """The firm that the transaction works for. `now`: the database's clock."""

    name: str
    language: str
    email: str | None
    time_zone: str
    now: datetime

    @property
    def today(self) -> date:
        """Its calendar day."""
        return wall_clock(self.now, zone_of(self.time_zone)).date()

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """The moments (UTC) at which *day* begins there and at which the next one does: 23, 24 or 25 hours apart."""
        zone = zone_of(self.time_zone)
        begin, end = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
        return begin, end


def list_firms(connection: Any, only: Sequence[str] | None, after: str | None, most: int) -> list[ListedFirm]:
    """At most *most* firms, by their ids, that come after *after*; *only* these. For jobs of `system` alone."""
    values = {"only": None if only is None else list(only), "after": after, "most": most}
    return [ListedFirm(*row) for row in connection.execute(statement("list_firms"), values)]


def find_firm(connection: Any) -> OwnFirm:
    """The firm whose rows *connection* sees. JobError `not_found` where there is none."""
    cursor = connection.execute(statement("own_firm"))
    row = cursor.fetchone()
    if row is None:
        raise JobError(ErrorCode.NOT_FOUND, "the job's organization is no firm of this database")
    return OwnFirm(**dict(zip((column.name for column in cursor.description), row, strict=True)))


def is_morning(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks in *zone* show seven or later, and not yet noon."""
    return MORNING <= wall_clock(moment, zone).hour < NOON


def zone_of(name: str) -> ZoneInfo:
    """The zone *name*; UTC where there is no such zone: a firm with a misspelt one gets its mornings all the same."""
    try:
        return time_zone(name)
    except SettingsError:
        return ZoneInfo("UTC")
