"""Moments as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from advisorjobs.cli.moments import ago, local_seconds, moment
from advisorjobs.errors import SettingsError


def test_a_moment_without_an_offset_is_this_machines() -> None:
    assert moment("2036-12-01 08:00") == datetime(2036, 12, 1, 8).astimezone()
    assert moment("2036-12-01T08:00+05:00") == datetime(2036, 12, 1, 3, tzinfo=UTC)
    assert moment(None) is None
    assert ago(None, "--since") is None


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("5min", timedelta(minutes=5)),
        ("5 m", timedelta(minutes=5)),
        ("2h", timedelta(hours=2)),
        ("3d", timedelta(days=3)),
        ("1w", timedelta(weeks=1)),
    ],
)
def test_a_span_is_counted_from_now(text: str, length: timedelta) -> None:
    before = datetime.now(UTC)
    later, earlier = moment(text), ago(text, "--since")
    after = datetime.now(UTC)

    assert later is not None
    assert earlier is not None
    assert before + length <= later <= after + length
    assert before - length <= earlier <= after - length


@pytest.mark.parametrize("text", ["8 o'clock", "2h30", "999999w", "-2h", ""])
def test_what_is_no_moment_is_refused_by_its_option(text: str) -> None:
    with pytest.raises(SettingsError, match=r"--since=.* must be a date and time such as"):
        ago(text, "--since")


def test_people_see_seconds_in_this_machines_time() -> None:
    at = datetime(2036, 12, 1, 8, 30, 5, tzinfo=UTC)

    assert local_seconds(at) == f"{at.astimezone():%Y-%m-%d %H:%M:%S}"
    assert local_seconds(None) == ""
