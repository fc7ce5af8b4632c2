"""`advisorjobs jobs retry` and `cancel`: another try, or an end, for jobs named by their numbers, or for all that fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from advisorjobs.cli.bulk import ChangeAll, YesOption, change_all
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
from advisorjobs.database.operation import done
from advisorjobs.settings import Settings

__all__ = ["cancel_jobs", "retry_jobs"]

JobIds = Annotated[list[int] | None, typer.Argument(metavar="[JOB…]", help="The jobs' numbers.", show_default=False)]
All = Annotated[bool, typer.Option("--all", help="All that fit the conditions, in steps, instead of JOB….")]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a wish for one job. `outcome`: done, nothing (to be done) or not_found; `status`: the job's now."""

    id: int
    outcome: str
    status: str | None
    text: str


def retry_jobs(
    jobs: JobIds = None,
    queue: OfQueue = None,
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
    every: All = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Lets failed jobs run again, with all attempts.

    They keep their numbers. Exits with 1 if one of them was not retried. With --all: those for which all conditions hold;
    first it says how many there are.

    \b
    Examples:
      advisorjobs jobs retry 17
      advisorjobs jobs retry 17 18 19
      advisorjobs jobs retry --all --queue emails
      advisorjobs jobs retry --all --error network --since 2h
      advisorjobs jobs retry --all --error-text "the bank is away"

    --json: {"id", "outcome": "done" | "nothing" | "not_found", "status", "text"} for each; with --all the conditions and
    "retried".
    """
    given = {
        "queue": queue, "name": name, "organization": organization, "tag": tag, "payload": payload,
        "unique_key": unique_key, "error": error, "fingerprint": fingerprint, "error_text": error_text, "since": since,
        "until": until,
    }  # fmt: skip
    if check_choice(jobs, every=every, given=given):
        said = {name: value for name, value in given.items() if value is not None}
        words = ChangeAll(
            question="run them again", title="retrying", outcome="jobs wait to run again", key="retried", given=said,
            yes=yes, as_json=as_json,
        )  # fmt: skip
        return change_all("retry", conditions(given), words)
    return change(jobs or (), retried, as_json=as_json)


def cancel_jobs(
    jobs: JobIds = None,
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
    every: All = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Takes waiting jobs out, and tells running ones to stop.

    What was cancelled stays in history. Exits with 1 if there was nothing to cancel for one of them. With --all: those
    for which all conditions hold; first it says how many there are.

    \b
    Examples:
      advisorjobs jobs cancel 17
      advisorjobs jobs cancel 17 18 19
      advisorjobs jobs cancel --all --queue emails --tag newsletter
      advisorjobs jobs cancel --all --status delayed --payload client_id=c-7

    --json: {"id", "outcome": "done" | "nothing" | "not_found", "status", "text"} for each; with --all the conditions and
    "cancelled".
    """
    given = {
        "queue": queue, "status": status, "name": name, "organization": organization, "tag": tag, "payload": payload,
        "unique_key": unique_key, "error": error, "fingerprint": fingerprint, "error_text": error_text, "since": since,
        "until": until,
    }  # fmt: skip
    if check_choice(jobs, every=every, given=given):
        said = {name: value for name, value in given.items() if value is not None}
        words = ChangeAll(
            question="cancel them", title="cancelling", outcome="jobs are cancelled, or told to stop", key="cancelled",
            given=said, yes=yes, as_json=as_json,
        )  # fmt: skip
        return change_all("cancel", conditions(given), words)
    return change(jobs or (), cancelled, as_json=as_json)


def check_choice(jobs: Sequence[int] | None, *, every: bool, given: Mapping[str, str | None]) -> bool:
    """Either numbers of jobs, or (True) --all and what is meant by it."""
    if every is bool(jobs) or every is all(value is None for value in given.values()):
        text = "name jobs by their numbers, or say --all with --queue or another condition."
        raise typer.BadParameter(text, param_hint="JOB")
    return every


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
