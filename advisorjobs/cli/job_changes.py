"""`advisorjobs jobs retry` and `cancel`: another try, or an end, for jobs named by their numbers, or for all that fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from advisorjobs.cli.bulk import YesOption, cancel_all, retry_all
from advisorjobs.cli.completion import job_names, queue_names
from advisorjobs.cli.json_lines import JsonOption, print_json
from advisorjobs.database.operation import done
from advisorjobs.settings import Settings

__all__ = ["cancel_jobs", "retry_jobs"]

JobIds = Annotated[list[int] | None, typer.Argument(metavar="[JOB…]", help="The jobs' numbers.", show_default=False)]
OfQueue = Annotated[
    str | None, typer.Option("--queue", "-q", metavar="QUEUE", help="With --all.", autocompletion=queue_names)
]
OfName = Annotated[str | None, typer.Option("--name", metavar="JOB", help="With --all.", autocompletion=job_names)]
All = Annotated[bool, typer.Option("--all", help="All that fit, in steps, instead of JOB….")]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a wish for one job. `outcome`: done, nothing (to be done) or not_found; `status`: the job's now."""

    id: int
    outcome: str
    status: str | None
    text: str


def retry_jobs(
    jobs: JobIds = None, queue: OfQueue = None, every: All = False, yes: YesOption = False, as_json: JsonOption = False
) -> None:
    """Lets failed jobs run again, with all attempts.

    They keep their numbers. Exits with 1 if one of them was not retried. With --all: those of a queue.

    \b
    Examples:
      advisorjobs jobs retry 17
      advisorjobs jobs retry 17 18 19
      advisorjobs jobs list --status failed --tag import --json | jq .id |
        xargs advisorjobs jobs retry
      advisorjobs jobs retry --queue emails --all

    --json: {"id", "outcome": "done" | "nothing" | "not_found", "status", "text"} for each; with --all {"queue",
    "retried"}.
    """
    check_choice(jobs, every=every, needed="--queue", given=queue is not None)
    if every and queue is not None:
        return retry_all(queue, yes=yes, as_json=as_json)
    return change(jobs or (), retried, as_json=as_json)


def cancel_jobs(
    jobs: JobIds = None,
    queue: OfQueue = None,
    name: OfName = None,
    organization: Annotated[str | None, typer.Option(metavar="ID", help="With --all.")] = None,
    tag: Annotated[str | None, typer.Option(metavar="TAG", help="With --all.")] = None,
    every: All = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Takes waiting jobs out, and tells running ones to stop.

    What was cancelled stays in history. Exits with 1 if there was nothing to cancel for one of them. With --all: those
    for which all holds that is given.

    \b
    Examples:
      advisorjobs jobs cancel 17
      advisorjobs jobs cancel 17 18 19
      advisorjobs jobs cancel --all --queue emails --tag newsletter

    --json: {"id", "outcome": "done" | "nothing" | "not_found", "status", "text"} for each; with --all what was given and
    "cancelled".
    """
    wanted = {"queue": queue, "name": name, "organization_id": organization, "tag": tag}
    given = any(value is not None for value in wanted.values())
    check_choice(jobs, every=every, needed="--queue, --name, --organization or --tag", given=given)
    if every:
        return cancel_all(wanted, yes=yes, as_json=as_json)
    return change(jobs or (), cancelled, as_json=as_json)


def check_choice(jobs: Sequence[int] | None, *, every: bool, needed: str, given: bool) -> None:
    """Either numbers of jobs, or --all and what is meant by it."""
    if every is bool(jobs) or every is not given:
        raise typer.BadParameter(f"name jobs by their numbers, or say --all with {needed}.", param_hint="JOB")


def change(jobs: Sequence[int], wish: Callable[[Any, int], Answer], *, as_json: bool) -> None:
    from advisorjobs.cli.failure import FAILED
    from advisorjobs.cli.ground import opened

    with opened(Settings.from_environment()) as connection:
        failed = [answer for answer in told(connection, jobs, wish, as_json=as_json) if answer.outcome != "done"]
    if failed:
        raise typer.Exit(FAILED)


def told(
    connection: Any, jobs: Sequence[int], wish: Callable[[Any, int], Answer], *, as_json: bool
) -> Iterator[Answer]:
    """Carries the wish out for each of *jobs* once, saying what became of it."""
    for job in dict.fromkeys(jobs):
        answer = wish(connection, job)
        if as_json:
            print_json(asdict(answer))
        else:
            done = answer.outcome == "done"
            typer.echo(answer.text if done else f"advisorjobs: {answer.text}", err=not done)
        yield answer


def retried(connection: Any, job: int) -> Answer:
    from advisorjobs.cli.query import ask

    found = ask(connection, "get_job", {"job_id": job})
    if not found:
        return not_found(job, "`advisorjobs jobs list --status failed` shows those that failed")
    if done(list(ask(connection, "retry_job", {"job_id": job, "queue": found[0]["queue"]}))):
        return Answer(job, "done", "waiting", f"job {job} waits to run again")
    status = ask(connection, "get_job", {"job_id": job})[0]["status"]
    if status == "failed":
        return Answer(job, "nothing", status, f"job {job} stays failed: another job has its unique key now")
    return Answer(job, "nothing", status, f"job {job} is {status}, and only a failed job can be retried")


def cancelled(connection: Any, job: int) -> Answer:
    from advisorjobs.cli.query import ask

    was_done = done(list(ask(connection, "cancel_job", {"job_id": job})))
    found = ask(connection, "get_job", {"job_id": job})
    status = found[0]["status"] if found else None
    if was_done and status == "active":
        return Answer(job, "done", status, f"job {job} runs, and is told to stop")
    if was_done:
        return Answer(job, "done", status, f"job {job} is cancelled")
    if status is None:
        return not_found(job, "`advisorjobs jobs list` shows the newest")
    return Answer(job, "nothing", status, f"job {job} is {status}: there is nothing to cancel")


def not_found(job: int, hint: str) -> Answer:
    return Answer(job, "not_found", None, f"there is no job {job}: {hint}")
