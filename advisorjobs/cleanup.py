"""Taking old history away, as steps: whole months first, then what is left of it row by row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from advisorjobs.bulk_calls import cleaned_queues
from advisorjobs.database.operation import Row, only, operation
from advisorjobs.database.statement import statement

if TYPE_CHECKING:
    from advisorjobs.calls import Steps

__all__ = ["Cleanup", "cleanup_steps"]

ASKED_BY = "cleanup_old_executions"
SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleanup:
    """What was taken away. `before`: all runs that ended earlier. `months`: the tables that were dropped whole, by name.

    `rows`: of history and tallies, taken one by one.
    """

    before: datetime
    months: tuple[str, ...]
    rows: int


def cleanup_steps(days: int) -> Steps[Cleanup]:
    """The steps for history that is over *days* days old, by the database's clock at the beginning."""
    before = yield operation(ASKED_BY, statement("grace_ends"), {"grace": days * SECONDS_A_DAY}, only)
    for queue in (yield cleaned_queues(ASKED_BY)):  # whose history is gone is counted no more
        yield operation(ASKED_BY, statement("clean_history"), {"queue": queue, "before": before}, only)
    months: list[str] = []
    while month := (yield operation(ASKED_BY, statement("forget_month"), {"before": before}, only)):
        months.append(month)
    rows, place = 0, {"table": None, "page": None}
    while True:
        done, place = yield operation(ASKED_BY, statement("forget_step"), {"before": before, **place}, _step)
        rows += done
        if place["table"] is None:
            return Cleanup(before=before, months=tuple(dict.fromkeys(months)), rows=rows)


def _step(rows: list[Row]) -> tuple[int, dict[str, Any]]:
    (row,) = rows
    return row["done"], {"table": row["next_table"], "page": row["next_page"]}
