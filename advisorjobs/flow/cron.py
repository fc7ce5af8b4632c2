"""Cron expressions in a time zone, through both changes of the clock.

DAYLIGHT SAVING, the rule. An expression that names hours (`0 9 * * *`, `*/10 2-4 * * *`, `0 */2 * * *`) is about what clocks
show:

* a local time that does not exist, because clocks are put forward past it, runs once, right after the gap: at the moment of
  the change. Several such times of one gap are one run, and so is one together with a run that is due at that moment anyway;
* a local time that exists twice, because clocks are put back, runs once: the first time.

An expression for every hour (`*/15 * * * *`, `30 * * * *`, `*/10 * * * * *`) is about how much time passes: it runs whenever
clocks show a time that fits, in both passes of a repeated hour, and not for times that are skipped. So `*/15 * * * *` runs
every 15 minutes of real time, in the nights of the change too: 92 times on the day with 23 hours, 100 on the one with 25.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from croniter import croniter

from advisorjobs.errors import SettingsError
from advisorjobs.flow.zones import clock_change, passes, wall_clock

__all__ = ["Cron", "cron_text", "seconds_first"]

NICKNAMES = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
FIELDS = ("minute", "hour", "day", "month", "weekday")
FIELDS_WITH_SECOND = ("second", *FIELDS)
HOUR = 1
LONGEST = 200
CHANCE = re.compile(r"(^|,)[HR]", re.IGNORECASE)
"""croniter's hashed and random fields; no month or day begins so."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A checked expression (see `cron_text`) and the zone whose clocks it speaks of."""

    text: str
    zone: ZoneInfo

    def next_after(self, moment: datetime) -> datetime | None:
        """The first run later than *moment*, in UTC; None when none comes within 50 years."""
        return self._by_time(moment) if _every_hour(self.text) else self._by_clock(moment)

    def _by_clock(self, moment: datetime) -> datetime | None:
        for wall in self._walls(wall_clock(moment, self.zone)):
            shown = passes(wall, self.zone)
            run = shown[0] if shown else clock_change(wall, self.zone)
            if run > moment:
                return run
        return None

    def _by_time(self, moment: datetime) -> datetime | None:
        now = wall_clock(moment, self.zone)
        runs = [self._first_pass(now, moment)]
        if not now.fold and len(passes(now, self.zone)) == 2:
            change = clock_change(now, self.zone)
            runs.append(self._first_pass(wall_clock(change, self.zone), change, inclusive=True))
        return min((run for run in runs if run is not None), default=None)

    def _first_pass(self, wall: datetime, moment: datetime, *, inclusive: bool = False) -> datetime | None:
        """The first run later than *moment* (*inclusive*: or then) among walls later than *wall*."""
        for each in self._walls(wall, inclusive=inclusive):
            for run in passes(each, self.zone):
                if run > moment or (inclusive and run == moment):
                    return run
        return None

    def _walls(self, wall: datetime, *, inclusive: bool = False) -> Iterator[datetime]:
        """The times that fit, later than *wall*, as clocks show them, whether they exist or not."""
        start = wall.replace(fold=0)
        if inclusive and croniter.match(self.text, start, second_at_beginning=True) and not start.microsecond:
            yield start
        iterator = croniter(self.text, start, ret_type=datetime, second_at_beginning=True)
        while True:
            try:
                found: datetime = iterator.get_next()
            except (ValueError, OverflowError):  # croniter's "no such date within 50 years"; the end of the calendar
                return
            yield found


def cron_text(text: str) -> str:
    """*text*, checked, with single blanks. Five fields, or six with the second FIRST, as Bull, Quartz and Spring have it; or a
    nickname such as @daily. Names (MON, JAN), ranges, lists, steps, `L` and `MON#1` are croniter's.

    Raises SettingsError, naming the field where one is to blame.
    """
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        raise SettingsError(
            "cron", text, f"must be a cron expression of at most {LONGEST} characters, such as 0 9 * * *"
        )
    fields = text.split()
    plain = " ".join(fields)
    if plain.startswith("@"):
        if plain.lower() not in NICKNAMES:
            raise SettingsError("cron", text, f"the nicknames are {', '.join(NICKNAMES)}")
        return plain.lower()
    if len(fields) not in (5, 6):
        rule = "must have five fields (minute hour day month weekday) or six (second minute hour day month weekday)"
        raise SettingsError("cron", text, f"{rule}, got {len(fields)}")
    _refuse_unreadable(plain, fields)
    return plain


def seconds_first(text: str) -> str:
    """procrastinate's order, in which the second is the sixth field, as ours."""
    fields = text.split()
    return " ".join([fields[5], *fields[:5]]) if len(fields) == 6 else text


def _refuse_unreadable(plain: str, fields: list[str]) -> None:
    names = FIELDS if len(fields) == len(FIELDS) else FIELDS_WITH_SECOND
    for name, field in zip(names, fields, strict=True):
        if CHANCE.search(field):
            raise SettingsError("cron", plain, f"the {name} field {field!r} differs each time: use jitter instead")
        alone = ["*"] * len(names)
        alone[names.index(name)] = field
        if not croniter.is_valid(" ".join(alone), second_at_beginning=True):
            raise SettingsError("cron", plain, f"the {name} field {field!r} can't be read{_allowed(name)}")
    if not croniter.is_valid(plain, second_at_beginning=True):
        raise SettingsError("cron", plain, "its fields can't be read together")


def _allowed(name: str) -> str:
    ranges = {
        "second": "0 to 59",
        "minute": "0 to 59",
        "hour": "0 to 23",
        "day": "1 to 31",
        "month": "1 to 12 or JAN to DEC",
    }
    return f": it may hold {ranges.get(name, '0 to 7 or SUN to SAT')}, *, lists, ranges and steps such as */5"


@functools.lru_cache(maxsize=1024)
def _every_hour(text: str) -> bool:
    return bool(croniter(text, second_at_beginning=True).expanded[HOUR] == ["*"])
