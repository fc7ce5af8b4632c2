"""The spans of runs: each continues the trace of the call that queued its job, and is current while the function runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry import context, trace
from opentelemetry.trace import Link, SpanKind, StatusCode

from advisorjobs.tracing.attributes import SCOPE, present, run_attributes
from advisorjobs.tracing.span_text import span_from
from advisorjobs.tracing.traceparent import context_of, span_context_of, traceparent_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from advisorjobs.engine.run import Run
    from advisorjobs.tracing.provider import Provider

__all__ = ["RunSpans"]


class RunSpans:
    """Begins and ends the spans of a worker's runs, and passes on those that its child processes have ended."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._tracer = provider.tracer(SCOPE)

    def began(self, run: Run) -> None:
        """Begins the span of *run* and makes it current in the calling task. The first run's parent is the call that queued
        the job; a later one is its child too, and linked to it, as it is a further delivery of the same message."""
        job = run.job
        parent = context_of(job.traceparent)
        queued_by = span_context_of(job.traceparent)
        run.span = self._tracer.start_span(
            f"run {job.name}",
            context=parent,
            kind=SpanKind.CONSUMER,
            attributes=run_attributes(job),
            links=[Link(queued_by)] if queued_by is not None and job.run_no > 1 else [],
        )
        context.attach(trace.set_span_in_context(run.span, parent))  # the task's context ends with it

    def ended(self, run: Run) -> None:
        """Ends the span, with the outcome and, of an error, type and code."""
        span, ending = run.span, run.ending
        if span is None:  # its beginning failed, and was counted then
            return
        outcome = ending.status if ending is not None else "completed" if run.fate is None else run.fate.value
        code = None if ending is None else ending.error_code
        span.set_attributes(present({"advisorjobs.outcome": outcome, "error.type": code and str(code)}))
        if code is not None or outcome == "lost":
            span.set_status(StatusCode.ERROR)
        span.end()

    def name_of(self, run: Run) -> str | None:
        """The run's span, as a child process needs to know it."""
        return None if run.span is None else traceparent_of(run.span.get_span_context())

    def from_child(self, spans: Sequence[dict[str, Any]]) -> None:
        """Exports what a child process has recorded."""
        for span in spans:
            self.provider.export(span_from(span, self.provider.resource))
