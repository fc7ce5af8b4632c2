"""The inspector's call that says why a job waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement
from advisorjobs.inspector.waiting_facts import read_waiting_facts
from advisorjobs.inspector.why_waiting import WaitingAccount, why_waiting

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["WaitingCalls"]


class WaitingCalls:
    """Why a job waits, in the words of the rules by which jobs are claimed."""

    app: App

    @call
    def why_waiting(
        self, job_id: int, organization_id: str | None = None, *, connection: Any = None
    ) -> Operation[WaitingAccount | None]:
        """Every reason that keeps the job now; None: there is no such job, or it isn't *organization_id*'s."""
        values = {"job": job_id, "organization": organization_id}
        return operation("why_waiting", statement("read_waiting_facts"), values, _account, connection)


def _account(rows: Sequence[Row]) -> WaitingAccount | None:
    facts = read_waiting_facts(rows)
    return None if facts is None else why_waiting(facts)
