"""Where the trace of a job is to be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["TraceCalls"]


class TraceCalls:
    """Traces, as far as they are ours to know: their spans are with the collector."""

    app: App

    @call
    def read_trace_link(
        self, job_id: int, *, organization_id: str | None = None, connection: Any = None
    ) -> Operation[str | None]:
        """The page of the trace that the job belongs to, by ADVISORJOBS_TRACE_URL.

        None where that isn't set, or the call that queued the job was not traced. *organization_id*: only if the job is that
        organization's.
        """
        page_of = self.app.settings.telemetry.page_of

        def read(rows: list[Row]) -> str | None:
            return page_of(rows[0]["traceparent"]) if rows else None

        given = {"job": job_id, "organization": organization_id}
        return operation("read_trace_link", statement("find_traceparent"), given, read, connection)
