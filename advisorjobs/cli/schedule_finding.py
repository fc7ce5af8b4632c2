"""What `doctor` says of schedules: whether all of them go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from advisorjobs.cli.query import ask
from advisorjobs.finding import Finding

__all__ = ["schedules"]

NAMED = 3


def schedules(connection: Any) -> Iterator[Finding]:
    """Broken ones, and ones whose time is past by a minute without any worker having looked."""
    troubled = ask(connection, "troubled_schedules")
    broken = [row["key"] for row in troubled if row["broken"] is not None]
    late = [row["key"] for row in troubled if row["broken"] is None]
    if broken:
        cure = "`advisorjobs schedules list` says why; put them right with `advisorjobs schedules add`, or remove them"
        yield Finding("schedules", "wrong", f"no worker can make anything of {named(broken)}", cure, broken)
    if late:
        cure = "start a worker; an @app.periodic needs one whose program has it"
        yield Finding("schedules", "wrong", f"nobody looks at what is due: {named(late)}", cure, late)
    if not troubled:
        yield Finding("schedules", "ok", "all schedules go on")


def named(keys: list[str]) -> str:
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return f"{'schedule' if len(keys) == 1 else 'schedules'} {', '.join(keys[:NAMED])}{more}"
