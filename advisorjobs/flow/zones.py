"""Time zones by their IANA names, and the moments at which their clocks change. Their data: the system's, else tzdata's."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from advisorjobs.environment import did_you_mean
from advisorjobs.errors import SettingsError

__all__ = ["clock_change", "passes", "time_zone", "wall_clock"]

SECOND = timedelta(seconds=1)


def time_zone(name: str) -> ZoneInfo:
    """The zone *name*, such as "Europe/Berlin". Raises SettingsError with the nearest."""
    try:
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        names = sorted(zoneinfo.available_timezones())
    by_place = {known.rpartition("/")[2]: known for known in names}
    wanted = str(name).strip().replace(" ", "_").title()
    near = by_place.get(wanted) or next((known for known in names if known.lower() == str(name).strip().lower()), None)
    offer = f": did you mean {near}?" if near else did_you_mean(str(name), names)
    if "choose from" in offer:
        offer = ": name one of the IANA database, such as Europe/Berlin or UTC"
    raise SettingsError("timezone", name, f"there is no such time zone{offer}")


def wall_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    """What clocks in *zone* show at *moment*, without a zone; its `fold` is 1 in the second pass of a repeated time."""
    return moment.astimezone(zone).replace(tzinfo=None)


def passes(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The moments (UTC) at which clocks in *zone* show *wall*: one; none, where they are put forward past it; two, where
    they are put back and show it again."""
    moments = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    shown = [moment for moment in moments if wall_clock(moment, zone).replace(fold=0) == wall.replace(fold=0)]
    return tuple(dict.fromkeys(shown))


def clock_change(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment (UTC) of the change that makes clocks in *zone* skip or repeat *wall*."""
    before, after = (wall.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    naive = wall.replace(fold=0)
    early, late = sorted((naive - before, naive - after))
    while late - early > SECOND:
        middle = early + (late - early) // 2
        if middle.replace(tzinfo=UTC).astimezone(zone).utcoffset() == after:
            late = middle
        else:
            early = middle
    return late.replace(microsecond=0, tzinfo=UTC)
