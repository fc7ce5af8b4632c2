"""What people read of a cron expression."""

from __future__ import annotations

import pytest

from advisorjobs.flow.cron_words import cron_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("* * * * *", "every minute"),
        ("*/15 * * * *", "every 15 minutes"),
        ("*/15 8-17 * * MON-FRI", "every 15 minutes from 08:00 to 17:59, Monday to Friday"),
        ("5-59/15 * * * *", "every 15 minutes from 5 past"),
        ("5-59/15 8-17 * * *", "every 15 minutes from 5 past, from 08:00 to 17:59"),
        ("0 * * * *", "every hour"),
        ("5 * * * *", "every hour at 5 past"),
        ("30 9-17 * * *", "every hour from 09:30 to 17:30"),
        ("0 */6 * * *", "every 6 hours"),
        ("10 */6 * * 1-5", "every 6 hours at 10 past, Monday to Friday"),
        ("0 9 * * MON-FRI", "Monday to Friday at 09:00"),
        ("0 9 * * 1,4", "Mondays and Thursdays at 09:00"),
        ("0 9 * * 7", "Sundays at 09:00"),
        ("0 6,18 * * *", "every day at 06:00 and 18:00"),
        ("0,30 6 * * *", "every day at 06:00 and 06:30"),
        ("0 2 1 * *", "on the 1st of each month at 02:00"),
        ("0 2 2,13,23 * *", "on the 2nd, 13th and 23rd of each month at 02:00"),
        ("0 2 L * *", "on the last day of each month at 02:00"),
        ("0 2 1 1,7 *", "on the 1st of January and July at 02:00"),
        ("0 2 1 jan *", "on the 1st of January at 02:00"),
        ("0 2 * DEC *", "every day in December at 02:00"),
        ("0 0 9 * * *", "every day at 09:00"),
        ("@daily", "every day at 00:00"),
        ("@hourly", "every hour"),
        ("@weekly", "Sundays at 00:00"),
    ],
)
def test_what_is_common_is_said_in_words(text: str, words: str) -> None:
    assert cron_words(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "*/7 * * * *",  # 56 and then 0: not every seven minutes
        "0 */5 * * *",
        "20-59/15 * * * *",  # thrice an hour
        "5-50/15 * * * *",
        "*/60 * * * *",
        "30 0 9 * * *",
        "0 9 1 * MON",  # either of both days
        "0 9 * * MON#1",
        "0 9 * 13 *",
        "0 1,2,3,4,5 * * *",
        "1-5 9 * * *",
        "0 9 1-7 * *",
        "0 9 * JAN MON",
    ],
)
def test_what_would_be_said_wrong_or_at_length_is_left_as_it_stands(text: str) -> None:
    assert cron_words(text) is None
