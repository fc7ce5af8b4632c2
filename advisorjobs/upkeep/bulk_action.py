"""An action of people on many jobs, carried out step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisorjobs.application import the_app
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement
from advisorjobs.outcomes import Snooze

if TYPE_CHECKING:
    from advisorjobs.job_run import JobRun

__all__ = ["action_step", "carry_out"]

SOON = 1.0
"""Seconds after which another worker goes on where this one had to stop."""


def carry_out(job: JobRun[Any], action_id: int) -> dict[str, int]:
    """Takes steps until nothing is left; how many jobs were changed, and how many could not be. Blocking.

    Raises Snooze where the worker is stopping; where the job was cancelled, the engine ends it then.
    """
    while not job.should_abort():
        step = the_app().run(action_step(action_id))
        job.progress(step["done"] + step["refused"], max(step["expected"], step["done"] + step["refused"]), "jobs")
        if step["finished"]:
            return {"changed": step["done"], "refused": step["refused"]}
    raise Snooze(SOON)


def action_step(action_id: int) -> Operation[Row]:
    """The next few hundred jobs: `done`, `refused` and `expected` so far, and whether it has `finished`.

    Whoever takes steps of one action at the same time takes turns: no job is met twice.
    """
    return operation("bulk action", statement("action_step"), {"id": action_id}, lambda rows: rows[0])
