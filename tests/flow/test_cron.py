"""Cron expressions through both changes of the clock; the rule stands at the top of flow/cron.py."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from advisorjobs.errors import SettingsError
from advisorjobs.flow.cron import Cron, cron_text, seconds_first

NEW_YORK, LORD_HOWE = ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")
NY_FORWARD, NY_BACK = date(2026, 3, 8), date(2026, 11, 1)
LH_FORWARD, LH_BACK = date(2026, 10, 4), date(2026, 4, 5)
ZONES = ("America/New_York", "Australia/Lord_Howe", "Europe/Berlin", "Africa/Cairo", "America/St_Johns", "UTC")


def runs(expression: str, zone: ZoneInfo, day: date) -> list[str]:
    """The local times and offsets of the runs on *day*."""
    begin = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) - timedelta(microseconds=1)
    end = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=zone).astimezone(UTC)
    found, cron = [], Cron(cron_text(expression), zone)
    moment = cron.next_after(begin)
    while moment is not None and moment <= end:
        found.append(moment.astimezone(zone).strftime("%H:%M%z"))
        moment = cron.next_after(moment)
    return found


@pytest.mark.parametrize(
    ("expression", "zone", "day", "expected"),
    [
        ("30 2 * * *", NEW_YORK, NY_FORWARD, ["03:00-0400"]),
        ("*/15 2 * * *", NEW_YORK, NY_FORWARD, ["03:00-0400"]),
        ("*/30 2,3 * * *", NEW_YORK, NY_FORWARD, ["03:00-0400", "03:30-0400"]),
        ("0 3 * * *", NEW_YORK, NY_FORWARD, ["03:00-0400"]),
        ("59 1 * * *", NEW_YORK, NY_FORWARD, ["01:59-0500"]),
        ("30 1 * * *", NEW_YORK, NY_BACK, ["01:30-0400"]),
        ("0 1 * * *", NEW_YORK, NY_BACK, ["01:00-0400"]),
        ("0 2 * * *", NEW_YORK, NY_BACK, ["02:00-0500"]),
        ("*/30 1 * * *", NEW_YORK, NY_BACK, ["01:00-0400", "01:30-0400"]),
        ("15 2 * * *", LORD_HOWE, LH_FORWARD, ["02:30+1100"]),
        ("0 2 * * *", LORD_HOWE, LH_FORWARD, ["02:30+1100"]),
        ("*/15 1,2 * * *", LORD_HOWE, LH_FORWARD, [
            "01:00+1030", "01:15+1030", "01:30+1030", "01:45+1030", "02:30+1100", "02:45+1100"]),
        ("45 1 * * *", LORD_HOWE, LH_BACK, ["01:45+1100"]),
        ("30 1 * * *", LORD_HOWE, LH_BACK, ["01:30+1100"]),
    ],
)  # fmt: skip
def test_a_time_that_does_not_exist_runs_right_after_the_gap_and_one_that_exists_twice_runs_the_first_time(
    expression: str, zone: ZoneInfo, day: date, expected: list[str]
) -> None:
    assert runs(expression, zone, day) == expected


@pytest.mark.parametrize(
    ("zone", "day", "count"),
    [(NEW_YORK, NY_FORWARD, 92), (NEW_YORK, NY_BACK, 100), (LORD_HOWE, LH_FORWARD, 94), (LORD_HOWE, LH_BACK, 98)],
)
def test_every_quarter_of_an_hour_is_every_quarter_of_an_hour_of_real_time(
    zone: ZoneInfo, day: date, count: int
) -> None:
    assert len(runs("*/15 * * * *", zone, day)) == count
    cron = Cron("*/15 * * * *", zone)
    moment = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    for _ in range(count):
        later = cron.next_after(moment)
        assert later is not None
        assert later - moment == timedelta(minutes=15)
        moment = later


def test_an_hourly_run_comes_each_real_hour() -> None:
    assert len(runs("30 * * * *", NEW_YORK, NY_FORWARD)) == 23
    assert runs("30 * * * *", NEW_YORK, NY_BACK)[1:3] == ["01:30-0400", "01:30-0500"]


def test_a_gap_at_midnight_and_one_of_a_whole_day() -> None:
    assert runs("0 0 * * *", ZoneInfo("Africa/Cairo"), date(2026, 4, 24)) == ["01:00+0300"]
    apia = Cron("0 12 * * *", ZoneInfo("Pacific/Apia"))  # which left out 30 December 2011
    assert apia.next_after(datetime(2011, 12, 29, 23, tzinfo=UTC)) == datetime(2011, 12, 30, 10, tzinfo=UTC)
    assert apia.next_after(datetime(2011, 12, 30, 10, tzinfo=UTC)) == datetime(2011, 12, 30, 22, tzinfo=UTC)


BEGINNINGS = st.datetimes(datetime(2024, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
NAMED_HOURS = [
    "30 2 * * *",
    "*/20 1-2 * * *",
    "0 0 * * SUN",
    "15 */2 * * *",
    "0 0 29 2 *",
    "0 30 1 * * *",
    "59 23 L * *",
]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ZONES), st.sampled_from(NAMED_HOURS), BEGINNINGS)
def test_each_local_time_that_is_named_runs_when_clocks_first_show_it_or_a_later_one(
    zone: str, expression: str, begin: datetime
) -> None:
    place = ZoneInfo(zone)

    def first_shown(wall: datetime) -> datetime:
        around = wall.replace(tzinfo=place).astimezone(UTC) - timedelta(hours=2)
        minutes = (around + timedelta(minutes=n) for n in range(5 * 60))
        return next(minute for minute in minutes if minute.astimezone(place).replace(tzinfo=None) >= wall)

    naive = begin.replace(tzinfo=None) - timedelta(days=2)
    walls = croniter(expression, naive, ret_type=datetime, second_at_beginning=True)
    everything = dict.fromkeys(first_shown(walls.get_next()) for _ in range(60))
    expected = [moment for moment in everything if moment > begin][:20]
    assert list(itertools.islice(later(Cron(cron_text(expression), place), begin), len(expected))) == expected


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ZONES), BEGINNINGS)
def test_what_runs_each_hour_runs_whenever_clocks_show_a_time_that_fits(zone: str, begin: datetime) -> None:
    place, start = ZoneInfo(zone), begin.replace(second=0, microsecond=0)
    minutes = [start + timedelta(minutes=n) for n in range(1, 60 * 30)]
    expected = [minute for minute in minutes if minute.astimezone(place).minute in (0, 20, 40)]
    assert list(itertools.islice(later(Cron("*/20 * * * *", place), start), len(expected))) == expected


def later(cron: Cron, moment: datetime) -> Iterator[datetime]:
    found = cron.next_after(moment)
    while found is not None:
        yield found
        found = cron.next_after(found)


def test_the_second_comes_first_as_in_bull_and_last_in_procrastinate() -> None:
    cron = Cron(cron_text("30 0 9 * * *"), NEW_YORK)
    moment = cron.next_after(datetime(2026, 1, 1, tzinfo=UTC))
    assert moment is not None
    assert moment.astimezone(NEW_YORK).strftime("%H:%M:%S") == "09:00:30"
    assert seconds_first("0 9 * * * 30") == "30 0 9 * * *"
    assert seconds_first("0 9 * * *") == "0 9 * * *"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("61 * * * *", "the minute field '61' can't be read: it may hold 0 to 59"),
        ("* 25 * * *", "the hour field '25'"),
        ("* * * FOO *", "the month field 'FOO' can't be read: it may hold 1 to 12 or JAN to DEC"),
        ("60 * * * * *", "the second field '60'"),
        ("* * * *", "must have five fields .* got 4"),
        ("0 0 0 1 1 * 2030", "must have five fields .* got 7"),
        ("H * * * *", "differs each time: use jitter"),
        ("R(0-5) * * * *", "differs each time: use jitter"),
        ("@never", "the nicknames are @yearly"),
        ("", "must be a cron expression"),
    ],
)
def test_what_cannot_be_read_is_refused_by_field(text: str, rule: str) -> None:
    with pytest.raises(SettingsError, match=rule):
        cron_text(text)


def test_a_date_that_never_comes_is_none() -> None:
    assert Cron("0 0 30 2 *", NEW_YORK).next_after(datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert Cron(cron_text("@daily"), NEW_YORK).next_after(datetime(9999, 12, 31, 23, tzinfo=UTC)) is None
