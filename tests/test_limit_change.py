from datetime import timedelta
from typing import Any

import pytest

from advisorjobs.errors import SettingsError
from advisorjobs.limit_change import limit_change
from advisorjobs.queues import RateLimit


def test_a_change_says_what_is_set_and_what_is_taken_away() -> None:
    assert limit_change("busy", "ada", rate="20/s", organization_rate="none", running=3, fair=False, weight=None) == {
        "rate": "20/1.000000 s",
        "organization_rate": None,
        "running": 3,
        "fair": False,
        "weight": None,
        "remove": ["organization_rate"],
        "why": "busy",
        "changed_by": "ada",
    }


def test_a_rate_may_be_a_rate_limit() -> None:
    assert limit_change(None, None, rate=RateLimit(5, timedelta(seconds=10)))["rate"] == "5/10.000000 s"


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"rate": None, "running": None}, "rate or running=None can't be used: one of them must be given"),
        ({"running": 0}, "running=0 can't be used: must be a whole number, 1 or more, or none"),
        ({"running": True}, "running=True can't be used"),
        ({"running": "many"}, "running='many' can't be used"),
        ({"running": 2**31}, "running=2147483648 can't be used"),
        ({"weight": 101}, "weight=101 can't be used: must be a whole number, 1 to 100, or none"),
        ({"rate": "soon"}, "rate='soon' can't be used: must be starts per time"),
    ],
)
def test_what_cant_be_used_is_refused(limits: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match="can't be used") as caught:
        limit_change(None, None, **limits)

    assert words in str(caught.value)
