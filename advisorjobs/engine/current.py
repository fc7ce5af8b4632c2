"""Which run the code that is being executed belongs to: set around every job function, on the loop and in a child process."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisorjobs.engine.run import Run

__all__ = ["current_run", "is_of_run"]

current_run: ContextVar[Run | None] = ContextVar("advisorjobs_run", default=None)
"""The run; None outside of every job function. Threads and tasks that a function starts have it where they copy its context."""


def is_of_run(logger: str) -> bool:
    """Whether *logger* belongs to the package whose job function is being run."""
    run = current_run.get()
    return run is not None and logger.partition(".")[0] == run.handler.module.partition(".")[0]
