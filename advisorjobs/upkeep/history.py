"""The history's cleaning with its progress told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from advisorjobs.application import the_app
from advisorjobs.cleanup import Cleanup, cleanup_steps

if TYPE_CHECKING:
    from advisorjobs.calls import Steps

__all__ = ["clean_history"]


def clean_history(keep_days: int, tell: Callable[[int], object]) -> Cleanup:
    """Takes away the history of runs that ended over *keep_days* days ago; calls *tell* with the number of each step.

    As get_job_tracker().cleanup_old_executions(). Blocking.
    """
    return the_app().run_steps(_told(cleanup_steps(keep_days), tell))


def _told(steps: Steps[Cleanup], tell: Callable[[int], object]) -> Steps[Cleanup]:
    read, number = None, 0
    while True:
        try:
            step = steps.send(read)
        except StopIteration as end:
            cleanup: Cleanup = end.value
            return cleanup
        read = yield step
        number += 1
        tell(number)
