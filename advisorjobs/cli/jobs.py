"""`advisorjobs jobs`: what waits, runs, failed or ended, one job's runs, and another try or an end for some."""

from __future__ import annotations

from typing import Annotated

import typer

from advisorjobs.cli.job_changes import cancel_jobs, retry_jobs
from advisorjobs.cli.job_conditions import (
    OfName,
    OfOrganization,
    OfQueue,
    OfStatus,
    Since,
    Until,
    WithError,
    WithErrorText,
    WithFingerprint,
    WithKey,
    WithPayload,
    WithTag,
    conditions,
)
from advisorjobs.cli.json_lines import JsonOption, print_json
from advisorjobs.settings import Settings

__all__ = ["command"]

command = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

Before = Annotated[
    str | None, typer.Option(metavar="PLACE", help="The next page: a job's number, or what the last page said.")
]
HowMany = Annotated[int, typer.Option(metavar="COUNT", min=1, max=10_000, help="How many.")]
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
    error_text: WithErrorText = None,
    since: Since = None,
    until: Until = None,
    before: Before = None,
    limit: HowMany = 20,
    as_json: JsonOption = False,
) -> None:
    """Lists jobs, the newest first.

    With a name, an organization or a time: those that live first, then the others, the latest end first. A call that finds
    little stops after a while and says where to go on. Times are this machine's.

    \b
    Examples:
      advisorjobs jobs list --name document:ocr --since 2h
      advisorjobs jobs list --payload document_id=doc-17 --limit 100
      advisorjobs jobs list --status failed --json | jq .id

    \b
    --json: {"id", "name", "queue", "organization_id", "status", "attempts",
    "tags", "error_code", "queued_at", "scheduled_at", "started_at",
    "finished_at", "run_ms"} for each job.
    """
    from advisorjobs.cli.job_listing import print_page

    wanted = conditions({
        "queue": queue, "status": status, "name": name, "organization": organization, "tag": tag, "payload": payload,
        "unique_key": unique_key, "error": error, "fingerprint": fingerprint, "error_text": error_text, "since": since,
        "until": until,
    })  # fmt: skip
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
