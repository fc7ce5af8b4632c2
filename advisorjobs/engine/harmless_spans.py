"""Traces that no job depends on: whatever a tracer raises is counted, and the run goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from advisorjobs.engine.child_words import Spans
    from advisorjobs.engine.run import Run
    from advisorjobs.losses import Losses

__all__ = ["HarmlessSpans"]


class HarmlessSpans:
    """*spans*, none of whose errors reach whoever calls."""

    def __init__(self, spans: Spans, losses: Losses) -> None:
        self._spans = spans
        self._losses = losses

    def began(self, run: Run) -> None:
        with self._losses.harmless("the beginning of a run's span"):
            self._spans.began(run)

    def ended(self, run: Run) -> None:
        with self._losses.harmless("the end of a run's span"):
            self._spans.ended(run)

    def name_of(self, run: Run) -> str | None:
        with self._losses.harmless("the name of a run's span"):
            return self._spans.name_of(run)
        return None

    def from_child(self, spans: Sequence[dict[str, Any]]) -> None:
        with self._losses.harmless("passing on a child process's spans"):
            self._spans.from_child(spans)
