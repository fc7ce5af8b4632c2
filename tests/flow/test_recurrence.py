from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from advisorjobs.errors import SettingsError
from advisorjobs.flow.recurrence import Recurrence, recurrence

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def every(seconds: float, **bounds: datetime) -> Recurrence:
    return recurrence(cron=None, every=timedelta(seconds=seconds), timezone="UTC", **bounds)


def cron(text: str, timezone: str = "UTC", **bounds: datetime) -> Recurrence:
    return recurrence(cron=text, every=None, timezone=timezone, **bounds)


def test_an_interval_counts_from_its_start_or_the_same_place_for_everybody() -> None:
    assert every(300).next_after(NOON) == NOON + timedelta(minutes=5)
    assert every(300).next_after(NOON + timedelta(minutes=1)) == NOON + timedelta(minutes=5)
    odd = every(300, start=NOON + timedelta(seconds=7))
    assert odd.next_after(NOON) == NOON + timedelta(seconds=7)
    assert odd.next_after(NOON + timedelta(seconds=7)) == NOON + timedelta(seconds=307)


def test_start_and_end_belong_to_it() -> None:
    hourly = cron("0 * * * *", start=NOON, end=NOON + timedelta(hours=2))
    assert list(hourly.after(NOON - timedelta(days=3))) == [NOON + timedelta(hours=n) for n in range(3)]
    assert hourly.next_after(NOON + timedelta(hours=2)) is None


def test_the_latest_are_found_without_walking_through_all() -> None:
    assert every(1).latest(2, NOON - timedelta(days=36_000), NOON) == [NOON - timedelta(seconds=1), NOON]
    yearly = cron("0 0 1 1 *").latest(2, NOON - timedelta(days=3650), NOON)
    assert [moment.year for moment in yearly] == [2025, 2026]
    assert cron("0 12 * * *").latest(5, NOON - timedelta(days=1), NOON) == [NOON - timedelta(days=1), NOON]
    assert cron("0 13 * * *").latest(5, NOON - timedelta(hours=1), NOON) == []


def test_upcoming_runs_are_in_local_time() -> None:
    shown = [
        moment.isoformat() for moment in cron("0 9 * * *", "America/New_York").upcoming(2, NOON.replace(day=7, month=3))
    ]
    assert shown == ["2026-03-07T09:00:00-05:00", "2026-03-08T09:00:00-04:00"]


def test_the_shortest_pause_looks_at_more_than_the_next_two() -> None:
    assert cron("0,55 * * * *").shortest_pause(NOON) == timedelta(minutes=5)
    assert cron("0 12 * * *", end=NOON).shortest_pause(NOON - timedelta(hours=1)) is None


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"cron": None, "every": None}, "give either a cron expression or `every`"),
        ({"cron": "@daily", "every": timedelta(1)}, "give either a cron expression or `every`"),
        ({"cron": None, "every": timedelta(0)}, "every='0:00:00' can't be used"),
        ({"timezone": "Europe/Brelin"}, "there is no such time zone: did you mean Europe/Berlin"),
        ({"timezone": "Berlin"}, "did you mean Europe/Berlin"),
        ({"timezone": "New York"}, "did you mean America/New_York"),
        ({"timezone": "../../etc/passwd"}, "there is no such time zone"),
        ({"timezone": ""}, "there is no such time zone: name one of the IANA database"),
        ({"start": NOON.replace(tzinfo=None)}, "start='2026-01-01 12:00:00' can't be used: must be a datetime with its"),
        ({"start": NOON, "end": NOON - timedelta(1)}, "end='2025-12-31T12:00:00.00:00' can't be used: lies before start"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_by_name(options: dict[str, object], rule: str) -> None:
    given: dict[str, object] = {"cron": "0 9 * * *", "every": None, "timezone": "UTC", **options}
    with pytest.raises(SettingsError, match=rule):
        recurrence(**given)  # type: ignore[arg-type]
