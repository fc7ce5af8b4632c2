"""What each limit allows now: tokens left, jobs running, when the next may start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement
from advisorjobs.limits import Change
from advisorjobs.queues import RateLimit

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["LimitState", "LimitStateCalls", "limit_states"]

KINDS = ("queue", "organization", "key")
MOST = 100
"""Rules of organizations, keys, and organizations that started something lately: no more of each are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitState:
    """One limit of a queue, of an organization (`queue` None: in each), or of a key; None where there is no such limit.

    `used`: starts that the rate's window counts; `tokens`: those left. `running`: at once, of `running_limit`.
    `next_start`: when something may start again, None where it may now or where that isn't a matter of time (`held`: a
    pause without end, or jobs that must end first). `weight`: an organization's turns in a row. `change`: the last by people.
    """

    kind: Literal["queue", "organization", "key"]
    queue: str | None
    organization_id: str | None
    key: str | None
    rate: RateLimit | None
    used: int | None
    tokens: int | None
    running: int
    running_limit: int | None
    weight: int | None
    closed_until: datetime | None
    paused: bool
    paused_until: datetime | None
    next_start: datetime | None
    held: str | None
    change: Change | None

    @property
    def open(self) -> bool:
        """Whether something may start now."""
        return self.next_start is None and self.held is None


class LimitStateCalls:
    """What limits allow."""

    app: App

    @call
    def read_limits(
        self, *, organization_id: str | None = None, connection: Any = None
    ) -> Operation[tuple[LimitState, ...]]:
        """Queues, then organizations, the scarcest first, then keys; or those of one organization."""
        return limit_states(organization_id, connection)


def limit_states(
    organization_id: str | None = None, connection: Any = None, *, kinds: Sequence[str] = KINDS
) -> Operation[tuple[LimitState, ...]]:
    """See LimitStateCalls.read_limits. *kinds*: those that are wanted."""
    values = {"organization_id": organization_id, "most": MOST, "kinds": list(kinds)}
    return operation("read_limits", statement("read_limit_states"), values, _states, connection)


def _states(rows: Sequence[Row]) -> tuple[LimitState, ...]:
    return tuple(map(_state, rows))


def _state(row: Row) -> LimitState:
    paused_until = row["paused_until"]
    endless = row["paused"] and paused_until is None
    full = row["running"] is not None and row["running_now"] >= row["running"]
    opens = None if row["opens_in"] is None else row["at"] + timedelta(seconds=row["opens_in"])
    times = [time for time in (opens, row["closed_until"], paused_until if row["paused"] else None) if time is not None]
    return LimitState(
        kind=row["kind"],
        queue=row["queue"],
        organization_id=row["organization_id"],
        key=row["key"],
        rate=None if row["rate"] is None else RateLimit(row["rate"], row["rate_window"]),
        used=row["used"],
        tokens=row["tokens"],
        running=row["running_now"],
        running_limit=row["running"],
        weight=row["weight"],
        closed_until=row["closed_until"],
        paused=row["paused"],
        paused_until=paused_until,
        next_start=None if endless or full else max(times, default=None),
        held="paused" if endless else "full" if full else None,
        change=None if row["changed_at"] is None else Change(row["changed_at"], row["changed_by"], row["changed_why"]),
    )
