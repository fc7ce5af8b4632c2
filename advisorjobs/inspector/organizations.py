"""Organizations: their part in the work, what of theirs runs and waits, what is ruled for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement
from advisorjobs.errors import SettingsError

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["ORDERS", "WITHIN", "Order", "OrganizationCalls", "OrganizationList", "OrganizationShare", "Within"]

Within = Literal["hour", "day", "month"]
Order = Literal["time", "runs", "failed", "waiting"]

WITHIN: Mapping[Within, int] = MappingProxyType({"hour": 1, "day": 24, "month": 30 * 24})
"""Hours that a share is of: whole ones of UTC, the present one and so many before it; of a month whole days."""

ORDERS: tuple[Order, ...] = ("time", "runs", "failed", "waiting")
PAGE = 50
COUNTED, LISTED = 1_000, 200
"""So many waiting jobs of one organization, and of each in a list, are counted; of more, a sample says about how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationShare:
    """`organization_id` None: jobs without one. `completed`, `failed`: jobs; `runs` that ended, and the `time_ms` they took,
    up to ten seconds late; `run_share`, `time_share` of all organizations', 0 to 1, None where only one was asked for.

    `waiting`: its ready jobs, not those behind locks and keys; `exact`: else about so many. `weight`: turns in a row.
    `rules`: how many of its own. `paused_until` None while `paused`: until somebody resumes it. `throttled_until`: a rate
    limit holds back what of it is limited.
    """

    organization_id: str | None
    completed: int
    failed: int
    runs: int
    time_ms: int
    run_share: float | None
    time_share: float | None
    running: int
    waiting: int
    exact: bool
    weight: int
    rules: int
    paused: bool
    paused_until: datetime | None
    throttled_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationList:
    """One page of `found` organizations; `page` 1 is the first. `runs`, `time_ms`: of all organizations together."""

    within: Within
    order: Order
    page: int
    pages: int
    found: int
    runs: int
    time_ms: int
    organizations: tuple[OrganizationShare, ...]


class OrganizationCalls:
    """Organizations."""

    app: App

    @call
    def read_organizations(
        self,
        within: Within = "day",
        *,
        order: Order = "time",
        begins_with: str | None = None,
        page: int = 1,
        connection: Any = None,
    ) -> Operation[OrganizationList]:
        """Fifty a page. *begins_with*: how their ids begin."""
        if not 1 <= page <= 10_000:
            raise SettingsError("page", page, "must be 1 to 10000")
        values = {"organization_id": None, "like": begins_with or None, "order": order, "skip": (page - 1) * PAGE}
        return _asked(within, values, PAGE, lambda rows: _list(rows, within=within, order=order, page=page), connection)

    @call
    def read_share(
        self, organization_id: str, within: Within = "day", *, connection: Any = None
    ) -> Operation[OrganizationShare]:
        """The part of one organization, whether anything is known of it or not."""
        return share(organization_id, within, connection)


def share(
    organization_id: str, within: Within, connection: Any = None, *, waiting: bool = True
) -> Operation[OrganizationShare]:
    """See OrganizationCalls.read_share. Not *waiting*: how many wait isn't looked at, and said to be none."""
    values = {"organization_id": organization_id, "like": None, "order": "time", "skip": 0, "bound": waiting * COUNTED}
    return _asked(within, values, 1, lambda rows: _share(rows[0], alone=True), connection)


def _asked(within: Within, values: Mapping[str, Any], most: int, read: Any, connection: Any) -> Operation[Any]:
    given = {"bound": LISTED, **values, "hours": WITHIN[within], "most": most}
    return operation("read_organizations", statement("read_organizations"), given, read, connection)


def _list(rows: Sequence[Row], *, within: Within, order: Order, page: int) -> OrganizationList:
    found = rows[0]["found"] if rows else 0
    return OrganizationList(
        within=within,
        order=order,
        page=page,
        pages=max(1, -(-found // PAGE)),
        found=found,
        runs=rows[0]["all_runs"] if rows else 0,
        time_ms=rows[0]["all_time_ms"] if rows else 0,
        organizations=tuple(_share(row, alone=False) for row in rows),
    )


def _share(row: Row, *, alone: bool) -> OrganizationShare:
    counted: int = row["waiting"]
    estimated: int = row["estimated"]
    over = counted > (COUNTED if alone else LISTED)
    fresh = counted > 0 or estimated == 0  # a queue without fairness has no lines to count
    return OrganizationShare(
        organization_id=row["organization_id"] or None,
        completed=row["completed"],
        failed=row["failed"],
        runs=row["runs"],
        time_ms=row["time_ms"],
        run_share=None if alone else _part(row["runs"], row["all_runs"]),
        time_share=None if alone else _part(row["time_ms"], row["all_time_ms"]),
        running=row["running"],
        waiting=max(estimated, counted) if over or not fresh else counted,
        exact=fresh and not over,
        weight=row["weight"],
        rules=row["rules"],
        paused=row["paused"],
        paused_until=row["paused_until"],
        throttled_until=row["throttled_until"],
    )


def _part(own: int, of_all: int) -> float:
    return own / of_all if of_all else 0.0
