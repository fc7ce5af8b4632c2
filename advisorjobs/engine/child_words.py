"""What a child process tells of a run before its last word: lines of log, and spans of its trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from advisorjobs.engine.run_lines import RunLines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from advisorjobs.engine.run import Run
    from advisorjobs.losses import Losses

__all__ = ["ChildWords", "Spans"]


class Spans(Protocol):
    """What a worker does about traces: see tracing/runs.py."""

    def began(self, run: Run) -> None: ...
    def ended(self, run: Run) -> None: ...
    def name_of(self, run: Run) -> str | None: ...
    def from_child(self, spans: Sequence[dict[str, Any]]) -> None: ...


class ChildWords:
    """Passes on what children say; knows what they are told of a run's trace. `spans` None: nothing is traced."""

    def __init__(self, lines: RunLines, spans: Spans | None, losses: Losses) -> None:
        self.lines = lines
        self.spans = spans
        self.losses = losses

    def trace_of(self, run: Run) -> str | None:
        """The run's span, as the child is told of it."""
        return None if self.spans is None else self.spans.name_of(run)

    def hear(self, run: Run, message: dict[str, Any]) -> None:
        """Takes what the child of *run* said. Never raises."""
        with self.losses.harmless("what a child process said of its run"):
            self._take(run, message)

    def _take(self, run: Run, message: dict[str, Any]) -> None:
        match message:
            case {"errors": count}:
                self.losses.note("error", count)
            case {"line": [moment, level, text]}:
                self.lines.keep(run, moment, level, text)
            case {"more": count}:
                self.lines.kept_elsewhere(run, count)
            case {"span": span} if self.spans is not None:
                self.spans.from_child([span])
