"""What all helpers end in: a payload and options become the operation that creates the job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from advisorjobs.enqueue import JobOptions, NewJob, refuse_unknown_option

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.database.operation import Operation

__all__ = ["once_per_event", "queueing"]

REPEATS = timedelta(days=7)
"""Services repeat an event that they think unanswered for up to three days."""


def queueing(app: App, asked_by: str, name: str, payload: Mapping[str, Any], options: JobOptions) -> Operation[int]:
    """Creates the job *name* for the helper *asked_by*."""
    for option in options:
        refuse_unknown_option(f"{asked_by}()", option, JobOptions.__annotations__)
    rest: dict[str, Any] = dict(options)
    connection = rest.pop("connection", None)
    given = {field: value for field, value in payload.items() if value is not None}
    return app.enqueuer.add(asked_by, NewJob(name=name, payload=given, **rest), connection)


def once_per_event(event_id: Any, options: JobOptions) -> JobOptions:
    """*options* by which an event has one job however often it comes, unless they name a unique_key themselves."""
    if "unique_key" in options or not (isinstance(event_id, str) and event_id.isprintable() and event_id):
        return options
    return cast("JobOptions", {"unique_key": event_id, "unique_for": REPEATS, **options})
