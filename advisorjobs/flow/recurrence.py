"""When something returns: by a cron expression in a time zone, or at an even interval; from a start to an end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from advisorjobs.errors import SettingsError
from advisorjobs.flow.cron import Cron, cron_text
from advisorjobs.flow.zones import time_zone

__all__ = ["Recurrence", "recurrence"]

INSTANT = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(days=36_525)
SAMPLED = 64
"""Runs that are looked at to find how close together a recurrence comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Moments, made by `recurrence`. `every` counts from `start`, or from the beginning of 1970 in UTC, so that every machine
    and every deploy finds the same ones, and means passed time whatever clocks do; `cron`: see flow/cron.py. Both ends belong
    to it. Moments are UTC.
    """

    cron: Cron | None
    every: timedelta | None
    timezone: str
    start: datetime | None = None
    end: datetime | None = None

    def next_after(self, moment: datetime) -> datetime | None:
        """The first moment later than *moment*; None when there is none any more."""
        if self.start is not None:
            moment = max(moment, self.start - INSTANT)
        found = self._unbounded(moment)
        return None if found is None or (self.end is not None and found > self.end) else found

    def after(self, moment: datetime) -> Iterator[datetime]:
        """The moments later than *moment*, one after the other."""
        found = self.next_after(moment)
        while found is not None:
            yield found
            found = self.next_after(found)

    def upcoming(self, count: int, moment: datetime) -> list[datetime]:
        """The next *count* moments later than *moment*, with the local time of the zone."""
        zone = time_zone(self.timezone)
        return [found.astimezone(zone) for found in itertools.islice(self.after(moment), count)]

    def latest(self, count: int, since: datetime, until: datetime) -> list[datetime]:
        """The last *count* moments from *since* to *until*, both included, in order.

        Looks back from *until* in steps that double, so that a century of seconds costs no more than a minute of them.
        """
        back = SHORTEST
        while True:
            begin = max(since, until - back)
            found: list[datetime] = []
            for moment in itertools.takewhile(lambda moment: moment <= until, self.after(begin - INSTANT)):
                found.append(moment)
            if len(found) >= count or begin == since:
                return found[-count:] if count else []
            back *= 2

    def shortest_pause(self, moment: datetime) -> timedelta | None:
        """How close together its runs come, of the next 64; None where there is one at most."""
        runs = list(itertools.islice(self.after(moment), SAMPLED))
        return min((late - early for early, late in itertools.pairwise(runs)), default=None)

    def _unbounded(self, moment: datetime) -> datetime | None:
        every, origin = self.every or SHORTEST, self.start or EPOCH
        try:
            if self.cron is not None:
                return self.cron.next_after(moment)
            return origin + ((moment - origin) // every + 1) * every
        except OverflowError:  # beyond the year 9999
            return None


def recurrence(
    *,
    cron: str | None,
    every: timedelta | None,
    timezone: str,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Recurrence:
    """Checks and makes one. Raises SettingsError, naming the argument."""
    if (cron is None) == (every is None):
        raise SettingsError("cron", cron, "give either a cron expression or `every`, an interval")
    zone = time_zone(timezone)
    if every is not None and not SHORTEST <= every <= LONGEST:
        raise SettingsError("every", str(every), "must be a timedelta or seconds, from 1 second to 100 years")
    for name, moment in (("start", start), ("end", end)):
        if moment is not None and (not isinstance(moment, datetime) or moment.utcoffset() is None):
            raise SettingsError(name, str(moment), "must be a datetime with its time zone")
        if moment is not None and not EPOCH <= moment <= LATEST:
            raise SettingsError(name, str(moment), "must lie between the years 1970 and 9000")
    if start is not None and end is not None and end < start:
        raise SettingsError("end", end.isoformat(), f"lies before start ({start.isoformat()})")
    return Recurrence(
        cron=None if cron is None else Cron(cron_text(cron), zone),
        every=every,
        timezone=timezone,
        start=None if start is None else start.astimezone(UTC),
        end=None if end is None else end.astimezone(UTC),
    )
