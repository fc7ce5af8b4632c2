"""Pages of jobs for people, as the inspector finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from advisorjobs.environment import did_you_mean
from advisorjobs.errors import ErrorCode, SettingsError
from advisorjobs.inspector.found_job import FoundJob, JobPage
from advisorjobs.inspector.job_filter import JobFilter
from advisorjobs.job import JobStatus
from advisorjobs.queues import known_queue
from advisorjobs.settings import Settings

__all__ = ["code_of", "print_page", "status_of"]


def status_of(text: str | None) -> JobStatus | None:
    """Refuses a status that there is not."""
    statuses = tuple(JobStatus)
    if text is not None and text not in statuses:
        raise SettingsError("--status", text, f"is no status of a job{did_you_mean(text, statuses)}")
    return None if text is None else JobStatus(text)


def code_of(text: str | None) -> ErrorCode | None:
    """Refuses an error code that there is not."""
    codes = tuple(ErrorCode)
    if text is not None and text not in codes:
        raise SettingsError("--error", text, f"is no error code{did_you_mean(text, codes)}")
    return None if text is None else ErrorCode(text)


def print_page(wanted: JobFilter, *, before: str | None, limit: int, as_json: bool) -> None:
    """Finds a page of jobs and prints it, and on standard error how to go on."""
    import typer

    from advisorjobs.application import the_app
    from advisorjobs.cli.ground import opened
    from advisorjobs.cli.json_lines import print_json
    from advisorjobs.inspector.inspector import Inspector

    settings = Settings.from_environment()
    with opened(settings) as connection:
        page = Inspector(the_app()).sync.search_jobs(wanted, before=before, limit=limit, connection=connection)
    if not page.jobs:
        check_names(wanted, settings)
    if as_json:
        print_json(*(asdict(job) for job in page.jobs))
    else:
        print_jobs(page.jobs)
    if note := note_of(page):
        typer.echo(note, err=True)


def check_names(wanted: JobFilter, settings: Settings) -> None:
    """Where nothing was found: refuses a queue or job that this program doesn't know either."""
    from advisorjobs.catalogue import Catalogue

    if wanted.queue is not None:
        known_queue(wanted.queue)
    if wanted.name is not None and not wanted.name.startswith("builtin:"):
        Catalogue.load(settings.imports)[wanted.name]


def note_of(page: JobPage) -> str:
    """How to go on, where there may be more."""
    if page.older is None:
        return ""
    if page.finished:
        return f"older ones: --before {page.older}"
    from advisorjobs.cli.moments import local_seconds

    back = f" back to {local_seconds(page.back_to)}" if page.back_to else ""
    return f"looked at {page.looked:,} jobs{back}; go on with --before {page.older}"


def print_jobs(jobs: Sequence[FoundJob]) -> None:
    """A line for each."""
    from advisorjobs.cli.consoles import console, print_rows

    output = console()
    if not jobs:
        output.print("no jobs")
        return
    spare = ("attempts", "run time", "queue", "organization", "error")
    print_rows(output, [cells(job) for job in jobs], numbers=("id", "attempts", "run time"), spare=spare, cut="job")


def cells(job: FoundJob) -> dict[str, str]:
    from advisorjobs.cli.account import printable
    from advisorjobs.cli.moments import local_seconds

    took = f"{job.run_ms / 1000:.2f} s" if job.run_ms is not None else ""
    return {
        "id": str(job.id),
        "job": printable(job.name),
        "queue": printable(job.queue),
        "organization": printable(job.organization_id or ""),
        "status": job.status,
        "attempts": str(job.attempts),
        "queued": local_seconds(job.queued_at),
        "run time": took,
        "error": job.error_code or "",
    }
