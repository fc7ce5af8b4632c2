"""The audit log's own cleaning: it is kept for longer than history, by a setting of its own."""

from __future__ import annotations

from collections.abc import Callable

from advisorjobs.application import the_app
from advisorjobs.database.operation import only, operation
from advisorjobs.database.statement import statement

__all__ = ["forget_audit"]

BATCH = 1000


def forget_audit(tell: Callable[[int], object]) -> int:
    """Takes away what was noted over ADVISORJOBS_AUDIT_DAYS days ago; how many rows. *tell* hears of each batch. Blocking."""
    app = the_app()
    values = {"days": app.settings.audit_days, "most": BATCH}
    rows, batch = 0, BATCH
    while batch == BATCH:
        batch = app.run(operation("log_cleanup", statement("forget_audit"), values, only))
        rows += batch
        tell(rows)
    return rows
