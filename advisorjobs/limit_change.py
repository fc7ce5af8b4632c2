"""A change of limits as a value: what is set, what is taken away, who and why – checked, as the SQL functions take it."""

from __future__ import annotations

from typing import Any, Literal

from advisorjobs.errors import SettingsError
from advisorjobs.queues import RateLimit
from advisorjobs.rates import parse_rate, rate_argument

__all__ = ["Count", "Rate", "limit_change"]

Rate = RateLimit | str | None
"""A RateLimit or its text ("200/min"); "none" takes the limit away, None keeps what is there."""

Count = int | Literal["none"] | None
"""A number, 1 or more; "none" takes the limit away, None keeps what is there."""

NONE = "none"
HEAVIEST = 100
MOST = 2**31 - 1


def limit_change(why: str | None, changed_by: str | None, **limits: Rate | Count | bool) -> dict[str, Any]:
    """The parameters of a set_… statement; *limits* by the names of its arguments, None for those left alone.

    Raises SettingsError for a value that can't be used, or where nothing is to be changed.
    """
    if all(value is None for value in limits.values()):
        raise SettingsError(" or ".join(limits), None, "one of them must be given, else nothing is changed")
    return {
        **{name: None if value == NONE else _checked(name, value) for name, value in limits.items()},
        "remove": [name for name, value in limits.items() if value == NONE],
        "why": why,
        "changed_by": changed_by,
    }


def _checked(name: str, value: Rate | Count | bool) -> str | int | bool | None:
    if value is None or name == "fair":
        return None if value is None else bool(value)
    if name.endswith("rate"):
        limit = parse_rate(str(value), name) if not isinstance(value, RateLimit) else value
        return rate_argument(limit)
    most = HEAVIEST if name == "weight" else MOST
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        allowed = f"1 to {most}" if name == "weight" else "1 or more"
        raise SettingsError(name, value, f"must be a whole number, {allowed}, or none")
    return value
