"""`advisorjobs jobs`: what waits, runs, failed or ended, one job's runs, and another try or an end for some."""

from __future__ import annotations

from typing import Annotated

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
OfOrganization = Annotated[str | None, typer.Option(metavar="ID", help="Of this organization only.")]
WithTag = Annotated[str | None, typer.Option(metavar="TAG", help="With this tag.")]
WithPayload = Annotated[
    str | None, typer.Option(metavar="FIELD=VALUE", help="With this in the payload: document_id=doc-17.")
]
WithKey = Annotated[str | None, typer.Option(metavar="KEY", help="With this unique key.")]
WithError = Annotated[str | None, typer.Option(metavar="CODE", help="Whose last run ended so, as network.")]
WithFingerprint = Annotated[str | None, typer.Option(metavar="F", help="Whose last run failed like that.")]
Since = Annotated[
    str | None, typer.Option(metavar="TIME", help='Ended or queued then or later: "2026-12-01 08:00", or 2h ago.')
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Ended or queued before.")]
Before = Annotated[
    str | None, typer.Option(metavar="PLACE", help="The next page: a job's number, or what the last page said.")
]
WithValues = Annotated[
    bool, typer.Option("--values", help="Arguments, results and errors' messages too: they may be a client's.")
]
WithLog = Annotated[bool, typer.Option("--log", help="What its runs said while they ran, too: it may be a client's.")]


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
    organization: OfOrganization = None,
    tag: WithTag = None,
    payload: WithPayload = None,
    unique_key: WithKey = None,
    error: WithError = None,
    fingerprint: WithFingerprint = None,
    since: Since = None,
    until: Until = None,
    before: Before = None,
    limit: Annotated[int, typer.Option(metavar="COUNT", min=1, max=10_000, help="How many.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Lists jobs, the newest first.

    With a name, an organization or a time: those that live first, then the others, the latest end first. Failed ones are
    listed until they are retried or cleaned. A call that finds little stops after a while and says where to go on.
    Times are this machine's; of a job that has ended, the time is that of its end.

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
    from advisorjobs.cli.job_listing import code_of, print_page, status_of
    from advisorjobs.cli.moments import ago
    from advisorjobs.inspector.job_filter import JobFilter

    wanted = JobFilter(
        queue=queue,
        status=status_of(status),
        name=name,
        organization=organization,
        tag=tag,
        payload=payload,
        unique_key=unique_key,
        error_code=code_of(error),
        fingerprint=fingerprint,
        since=ago(since, "--since"),
        until=ago(until, "--until"),
    )
    print_page(wanted, before=before, limit=limit, as_json=as_json)


@command.command(name="show")
def show_job(
    job: Annotated[int, typer.Argument(metavar="JOB", help="The job's number.", show_default=False)],
    values: WithValues = False,
    log: WithLog = False,
    as_json: JsonOption = False,
) -> None:
    """Shows a job and all its runs, and why it waits if it does.

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
    "attempts", "queued_at", …, "fields", "payload", "waits_because": [{"why",
    "text", "until", "jobs", …}], "runs": [{"run_number", "attempt", "status",
    "worker", "started_at", "finished_at", "wait_ms", "run_ms", "error_code",
    "error_message", "stack_trace", "result", …}]};
    payload, result, message and trace are null without --values. With --log
    also "log": [{"run", "no", "at", "level", "text"}]; "trace": the page of its
    trace, where there is one (ADVISORJOBS_TRACE_URL).
    """
    from advisorjobs.application import the_app
    from advisorjobs.cli.ground import opened
    from advisorjobs.cli.job_account import NoSuchJob, job_json, print_job
    from advisorjobs.inspector.inspector import Inspector

    with opened(Settings.from_environment()) as connection:
        inspector = Inspector(the_app()).sync
        found = inspector.read_job(job, values=values, connection=connection)
        waiting = inspector.why_waiting(job, connection=connection)
        trace = inspector.read_trace_link(job, connection=connection)
        lines = inspector.read_log_lines(job, values=True) if log else None
    if found is None:
        raise NoSuchJob(f"there is no job {job}: `advisorjobs jobs list` shows the newest")
    if as_json:
        print_json({**job_json(found, waiting, lines), "trace": trace})
    else:
        print_job(found, waiting, lines)
        if trace:
            typer.echo(f"  trace          {trace}")


command.command(name="retry")(retry_jobs)
command.command(name="cancel")(cancel_jobs)
