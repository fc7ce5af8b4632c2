"""What a child process says of its runs to its worker: lines of log and spans, each at once, as it may be killed any moment.

Each names its run (`of`): a process that a function forked and left behind goes on speaking, when this one has its next run.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

from advisorjobs.engine.current import current_run
from advisorjobs.engine.run_lines import MOST_LINES, LineHandler
from advisorjobs.losses import Losses

if TYPE_CHECKING:
    from advisorjobs.engine.run import Run

__all__ = ["ChildTelemetry"]

MOST_SPANS = 1000
"""Of one run; further ones are dropped."""


class Send(Protocol):
    def __call__(self, **message: Any) -> None: ...


class ChildTelemetry:
    """Sends by *send*, from whichever thread something is said in. Nothing of it raises."""

    def __init__(self, send: Send, *, tracing: bool) -> None:
        self.send = send
        self.tracing = tracing
        self.losses = Losses()
        self._run: Run | None = None
        self._spans = 0
        self._told = 0
        logging.getLogger().addHandler(LineHandler(self._keep, self.losses))
        if tracing:
            from advisorjobs.tracing.provider import hand_on

            hand_on(self._hand_on)

    def began(self, run: Run, traceparent: str | None) -> None:
        """From now on this thread, and what copies its context, works for *run*, in the trace that its span belongs to."""
        self._run, self._spans = run, 0
        current_run.set(run)
        if self.tracing:
            with self.losses.harmless("the trace of a run in a child process"):
                from opentelemetry import context

                from advisorjobs.tracing.traceparent import context_of

                context.attach(context_of(traceparent))

    def ended(self) -> None:
        """The function has returned or raised."""
        run, self._run = self._run, None
        current_run.set(None)
        if run is not None and run.said > MOST_LINES:
            self._say(run, more=run.said - MOST_LINES)
        errors = self.losses.counts["error"] - self._told
        if errors:
            self._told += errors
            self.send(errors=errors)

    def _keep(self, run: Run, moment: float, level: str, text: str) -> None:
        run.said += 1
        if run is self._run and run.said <= MOST_LINES:
            self._say(run, line=[moment, level, text])

    def _hand_on(self, span: dict[str, Any]) -> None:
        self._spans += 1
        if self._run is not None and self._spans <= MOST_SPANS:
            self._say(self._run, span=span)

    def _say(self, run: Run, **message: Any) -> None:
        with self.losses.harmless("telling the worker what a run said"):
            self.send(of=[run.job.id, run.job.run_no], **message)
