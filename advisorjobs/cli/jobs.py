"""`advisorjobs jobs`: what waits, runs, failed or ended, one job's runs, and another try or an end for some."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from advisorjobs.cli.completion import job_names, queue_names, statuses
from advisorjobs.cli.job_changes import cancel_jobs, retry_jobs
from advisorjobs.cli.json_lines import JsonOption, print_json
from advisorjobs.job import JobStatus
from advisorjobs.settings import Settings

__all__ = ["command"]

STATUSES = tuple(JobStatus)
command = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


OfQueue = Annotated[
    str | None, typer.Option("--queue", "-q", metavar="QUEUE", help="Of this queue only.", autocompletion=queue_names)
]
OfStatus = Annotated[
    str | None, typer.Option(metavar="STATUS", help=f"One of {', '.join(STATUSES)}.", autocompletion=statuses)
]
OfName = Annotated[str | None, typer.Option(metavar="JOB", help="Such as document:ocr.", autocompletion=job_names)]


@command.callback()
def group() -> None:
    """Lists and shows jobs, retries and cancels them.

    \b
    Examples:
      advisorjobs jobs list --status failed
      advisorjobs jobs show 17
      advisorjobs jobs retry 17 18
      advisorjobs jobs cancel 19
    """


@command.command(name="list")
def list_jobs(
    queue: OfQueue = None,
    status: OfStatus = None,
    name: OfName = None,
    organization: Annotated[str | None, typer.Option(metavar="ID", help="Of this organization only.")] = None,
    tag: Annotated[str | None, typer.Option(metavar="TAG", help="With this tag.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help='Queued then or later: "2026-12-01 08:00", or 2h ago.')
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Queued before.")] = None,
    before: Annotated[
        int | None, typer.Option(metavar="NUMBER", min=1, help="The next page: jobs with smaller numbers.")
    ] = None,
    limit: Annotated[int, typer.Option(metavar="COUNT", min=1, max=10_000, help="How many.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Lists jobs, the newest first.

    Failed ones are listed until they are retried or cleaned. A call looks at 200,000 jobs at most and says where to go
    on. Times are this machine's.

    \b
    Examples:
      advisorjobs jobs list --status failed --queue emails
      advisorjobs jobs list --name document:ocr --since 2h
      advisorjobs jobs list --tag import --before 4711 --limit 100
      advisorjobs jobs list --status failed --json | jq .id

    \b
    --json: {"id", "name", "queue", "organization_id", "status", "attempts",
    "tags", "error_code", "queued_at", "scheduled_at", "started_at",
    "finished_at", "run_ms"} for each job.
    """
    from advisorjobs.cli.ground import opened
    from advisorjobs.cli.job_listing import Wanted, newest, print_jobs
    from advisorjobs.cli.moments import ago

    wanted = Wanted(queue, status, name, organization, tag, ago(since, "--since"), ago(until, "--until"))
    wanted.check_status()
    settings = Settings.from_environment()
    with opened(settings) as connection:
        page = newest(connection, wanted, before=before, limit=limit)
    if not page.jobs:
        wanted.check_names(settings)
    if as_json:
        print_json(*page.jobs)
    else:
        print_jobs(page.jobs)
    if page.note:
        typer.echo(page.note, err=True)


@command.command(name="show")
def show_job(
    job: Annotated[int, typer.Argument(metavar="JOB", help="The job's number.", show_default=False)],
    values: Annotated[
        bool, typer.Option("--values", help="Arguments, results and errors' messages too: they may be a client's.")
    ] = False,
    log: Annotated[
        bool, typer.Option("--log", help="What its runs said while they ran, too: it may be a client's.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Shows a job and all its runs.

    Of arguments the names are shown; what they hold, results, errors' messages and traces only with --values. Of what a run
    says the first 200 lines are kept; of many runs the newest are shown.

    \b
    Examples:
      advisorjobs jobs show 17
      advisorjobs jobs show 17 --values
      advisorjobs jobs show 17 --log
      advisorjobs jobs show 17 --json | jq '.runs[-1].error_code'

    \b
    --json: {"id", "name", "queue", "organization_id", "status", "priority",
    "attempts", "queued_at", …, "fields", "payload", "runs": [{"run_number",
    "attempt", "status", "worker", "started_at", "finished_at", "wait_ms",
    "run_ms", "error_code", "error_message", "stack_trace", "result", …}]};
    payload, result, message and trace are null without --values. With --log
    also "log": [{"run_no", "no", "at", "level", "text"}]; "trace", the page of
    its trace, where there is one (ADVISORJOBS_TRACE_URL).
    """
    from advisorjobs.cli.ground import opened
    from advisorjobs.cli.job_account import NoSuchJob, print_job
    from advisorjobs.cli.query import ask

    settings = Settings.from_environment()
    with opened(settings) as connection:
        found = ask(connection, "show_job", {"job": job, "values": values}, by_index=True)
        runs = ask(connection, "job_runs", {"job": job, "values": values}, by_index=True)
        more = telemetry_of(connection, job, settings, log=log)
    if not found and not runs:
        raise NoSuchJob(f"there is no job {job}: `advisorjobs jobs list` shows the newest")
    shown = {**(found[0] if found else cleaned(job, runs[-1])), "runs": runs, **more}
    if as_json:
        print_json(shown)
    else:
        print_job(shown, values=values)


def telemetry_of(connection: Any, job: int, settings: Settings, *, log: bool) -> dict[str, object]:
    """The page of its trace, where there is one, and (*log*) what its runs have said."""
    from advisorjobs.cli.query import ask

    of_job: dict[str, object] = {"job": job, "organization": None}
    traced = ask(connection, "find_traceparent", of_job, by_index=True)
    page = settings.telemetry.page_of(traced[0]["traceparent"]) if traced else None
    found: dict[str, object] = {"trace": page} if page is not None else {}
    if log:
        found["log"] = ask(
            connection, "list_log_lines", {**of_job, "run": None, "values": True, "most": 1000}, by_index=True
        )
    return found


def cleaned(job: int, run: dict[str, object]) -> dict[str, object]:
    """What the last run still says of a job that was cleaned away."""
    return {"id": job, "status": "cleaned", **{name: run[name] for name in ("name", "queue", "organization_id")}}


command.command(name="retry")(retry_jobs)
command.command(name="cancel")(cancel_jobs)
