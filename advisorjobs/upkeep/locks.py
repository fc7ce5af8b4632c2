"""Locks that hold nobody any more, as steps: each takes a batch, and only what is provably free.

Every statement locks the rows that it takes and skips those that somebody else holds; what is free stays free until it is
taken again, by which the row is another. A breaker that is open is left alone: its trial comes by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisorjobs.database.operation import only, operation
from advisorjobs.database.statement import statement

if TYPE_CHECKING:
    from advisorjobs.calls import Steps

__all__ = ["free_locks"]

ASKED_BY = "expired_locks"
BATCH = 1000
KINDS = {
    "unique_keys": "drop_free_keys",
    "orphaned_unique_keys": "drop_orphaned_keys",
    "limit_keys": "drop_free_lines",
    "rate_grants": "drop_old_grants",
    "pauses": "drop_past_pauses",
    "breakers": "drop_closed_breakers",
}
"""What the report calls them -> the statement that takes a batch."""


def free_locks(older_than_minutes: int) -> Steps[dict[str, int]]:
    """The steps; how many of each kind were taken away, and how many jobs were given back that nobody ran or let run."""
    taken = dict.fromkeys(KINDS, 0)
    for kind, name in KINDS.items():
        values = {"minutes": older_than_minutes, "most": BATCH}
        while batch := (yield operation(ASKED_BY, statement(name), values, only)):
            taken[kind] += batch
            if batch < BATCH:
                break
    # what workers look for every few minutes too: jobs of a worker whose row is gone, and lines whose head waits in vain
    taken["abandoned_jobs"] = yield operation(ASKED_BY, statement("rescue_orphans"), {}, only)
    taken["stuck_lines"] = yield operation(ASKED_BY, statement("revive_lines"), {}, only)
    return taken
