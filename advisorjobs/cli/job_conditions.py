"""Conditions of the job search as options: of `jobs list`, and of commands that change all jobs that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from advisorjobs.cli.completion import job_names, queue_names, statuses
from advisorjobs.job import JobStatus

if TYPE_CHECKING:
    from advisorjobs.inspector.job_filter import JobFilter

__all__ = ["conditions"]

OfQueue = Annotated[
    str | None, typer.Option("--queue", "-q", metavar="QUEUE", help="Of this queue only.", autocompletion=queue_names)
]
OfStatus = Annotated[
    str | None,
    typer.Option(metavar="STATUS", help=f"One of {', '.join(tuple(JobStatus))}.", autocompletion=statuses),
]
OfName = Annotated[
    str | None, typer.Option("--name", metavar="JOB", help="Such as document:ocr.", autocompletion=job_names)
]
OfOrganization = Annotated[str | None, typer.Option(metavar="ID", help="Of this organization only.")]
WithTag = Annotated[str | None, typer.Option(metavar="TAG", help="With this tag.")]
WithPayload = Annotated[
    str | None, typer.Option(metavar="FIELD=VALUE", help="With this in the payload: document_id=doc-17.")
]
WithKey = Annotated[str | None, typer.Option(metavar="KEY", help="With this unique key.")]
WithError = Annotated[str | None, typer.Option(metavar="CODE", help="Whose last run ended so, as network.")]
WithFingerprint = Annotated[str | None, typer.Option(metavar="F", help="Whose last run failed like that.")]
WithErrorText = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="With this in the message of the last run's error, whatever the case."),
]
Since = Annotated[
    str | None, typer.Option(metavar="TIME", help='Ended or queued then or later: "2026-12-01 08:00", or 2h ago.')
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Ended or queued before.")]


def conditions(given: dict[str, str | None]) -> JobFilter:
    """The search of these options, by their names. Raises SettingsError for one that can't be used."""
    from advisorjobs.cli.job_listing import code_of, status_of
    from advisorjobs.cli.moments import ago
    from advisorjobs.inspector.job_filter import JobFilter

    said = dict(given)
    status, error = status_of(said.pop("status", None)), code_of(said.pop("error", None))
    since, until = ago(said.pop("since", None), "--since"), ago(said.pop("until", None), "--until")
    return JobFilter(status=status, error_code=error, since=since, until=until, **said)  # type: ignore[arg-type]
