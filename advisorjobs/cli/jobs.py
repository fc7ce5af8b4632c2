"""`advisorjobs jobs`: what waits, runs, failed or ended, one job's runs, and another try or an end for one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from advisorjobs.errors import UnknownJob
from advisorjobs.job import JobStatus
from advisorjobs.queues import known_queue
from advisorjobs.settings import Settings

__all__ = ["command"]

STATUSES = tuple(JobStatus)
command = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="What waits, runs, failed or ended.")
AsJson = Annotated[bool, typer.Option("--json", help="For machines: one JSON object a line.")]
JobId = Annotated[int, typer.Argument(metavar="JOB", help="The job's number.", show_default=False)]


@command.command(name="list")
def list_jobs(
    queue: Annotated[str | None, typer.Option("--queue", "-q", help="Of this queue only.")] = None,
    status: Annotated[str | None, typer.Option(help=f"One of {', '.join(STATUSES)}.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Lists the newest jobs."""
    from advisorjobs.cli.ground import opened
    from advisorjobs.cli.query import ask
    from advisorjobs.environment import did_you_mean
    from advisorjobs.errors import SettingsError

    if status is not None and status not in STATUSES:
        raise SettingsError("--status", status, f"is no status of a job{did_you_mean(status, STATUSES)}")
    with opened(Settings.from_environment()) as connection:
        jobs = ask(connection, "newest_jobs", {"queue": queue, "status": status, "limit": limit})
    if queue is not None and not jobs:
        known_queue(queue)
    if as_json:
        return print_json(*jobs)
    return print_jobs(jobs)


@command.command(name="show")
def show_job(job: JobId, as_json: AsJson = False) -> None:
    """Shows a job and all its runs. The payload's fields are named, their values stay in the database."""
    from advisorjobs.cli.ground import opened
    from advisorjobs.cli.query import ask

    with opened(Settings.from_environment()) as connection:
        living = ask(connection, "show_job", {"job": job})
        runs = ask(connection, "job_runs", {"job": job})
    if not living and not runs:
        raise UnknownJob(f"there is no job {job}: `advisorjobs jobs list` shows the newest")
    if as_json:
        return print_json({**(living[0] if living else {"id": job}), "runs": runs})
    for key, value in (living[0] if living else {"id": job, "name": runs[-1]["name"], "status": "ended"}).items():
        if value is not None:
            typer.echo(f"{key:16} {value}")
    for run in runs:
        typer.echo(run_line(run))
    return None


@command.command(name="retry")
def retry_job(job: JobId) -> None:
    """Lets a failed job run again, with all its attempts."""
    from advisorjobs.cli.ground import opened
    from advisorjobs.manager import get_queue_manager

    manager = get_queue_manager().sync
    with opened(Settings.from_environment()):
        found = manager.get_job(job)
        if found is None:
            raise UnknownJob(f"there is no job {job}: `advisorjobs jobs list --status failed` shows those that failed")
        if not manager.retry_job(found.queue, job):
            raise UnknownJob(f"job {job} is {found.status}, and only a failed job can be retried")
    typer.echo(f"job {job} waits to run again")


@command.command(name="cancel")
def cancel_job(job: JobId) -> None:
    """Takes a waiting job out, or tells a running one to stop."""
    from advisorjobs.cli.ground import opened
    from advisorjobs.manager import get_queue_manager

    with opened(Settings.from_environment()):
        done = get_queue_manager().sync.cancel_job(job)
    if not done:
        raise UnknownJob(
            f"there is no job {job} that waits or runs: `advisorjobs jobs show {job}` says what became of it"
        )
    typer.echo(f"job {job} is cancelled")


def print_json(*rows: Mapping[str, Any]) -> None:
    for row in rows:
        typer.echo(json.dumps(row, ensure_ascii=False, default=as_text))


def as_text(value: Any) -> str:
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def print_jobs(jobs: list[dict[str, Any]]) -> None:
    from advisorjobs.cli.account import printable
    from advisorjobs.cli.consoles import console, plain_table

    output = console()
    if not jobs:
        output.print("no jobs")
        return
    headings = ("id", "job", "queue", "organization", "status", "attempt", "queued", "run time")
    table = plain_table(*headings, numbers=("id", "attempt", "run time"))
    for job in jobs:
        took = f"{job['run_ms'] / 1000:.2f} s" if job["run_ms"] is not None else ""
        cells = (job["id"], job["name"], job["queue"], job["organization_id"] or "", job["status"], job["attempts"])
        table.add_row(*(printable(str(cell)) for cell in cells), f"{job['queued_at']:%Y-%m-%d %H:%M:%S}", took)
    output.print(table)


def run_line(run: Mapping[str, Any]) -> str:
    from advisorjobs.cli.account import printable

    took = f" in {run['run_ms'] / 1000:.2f} s" if run["run_ms"] is not None else ""
    why = f"  {run['error_code']}: {printable(run['error_message'] or '')}" if run["error_code"] else ""
    return f"run {run['run_number']}, attempt {run['attempt']}: {run['status']}{took}{why}"
