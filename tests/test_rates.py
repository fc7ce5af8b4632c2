from datetime import timedelta

import pytest

from advisorjobs.errors import SettingsError
from advisorjobs.queues import RateLimit
from advisorjobs.rates import parse_rate, rate_argument, rate_text


@pytest.mark.parametrize(
    ("text", "starts", "seconds", "shown"),
    [
        ("20/s", 20, 1, "20 / s"),
        ("200 / min", 200, 60, "200 / min"),
        ("5/10s", 5, 10, "5 / 10 s"),
        (" 7/2.5 Minutes", 7, 150, "7 / 150 s"),
        ("1000/hour", 1000, 3600, "1000 / h"),
        ("3/2 days", 3, 172800, "3 / 2 d"),
        ("9/1.5s", 9, 1.5, "9 / 1.5 s"),
    ],
)
def test_a_rate_is_read_and_shown_so_that_it_can_be_read_again(
    text: str, starts: int, seconds: float, shown: str
) -> None:
    limit = parse_rate(text)

    assert limit == RateLimit(starts, timedelta(seconds=seconds))
    assert rate_text(limit) == shown
    assert parse_rate(shown) == parse_rate(rate_argument(limit)) == limit


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("fast", "must be starts per time, such as 20/s"),
        ("20", "must be starts per time"),
        ("20/month", "must be starts per time"),
        ("-1/s", "must be starts per time"),
        ("0/s", "must allow 1 start or more"),
        ("5/0.5s", "must be per 1 second to 31 days"),
        ("5/32d", "must be per 1 second to 31 days"),
    ],
)
def test_a_rate_that_cant_be_used_is_refused_by_name_value_and_rule(text: str, rule: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_rate(text, "organization_rate")

    assert str(caught.value).startswith(f"organization_rate={text!r} can't be used: {rule}")
