"""One job and all its runs, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console

from advisorjobs.cli.account import printable
from advisorjobs.cli.consoles import console, print_rows
from advisorjobs.cli.moments import local_seconds
from advisorjobs.cli.serving import span
from advisorjobs.errors import AdvisorJobsError
from advisorjobs.inspector.job_account import JobAccount, Progress, RunAccount
from advisorjobs.inspector.log_lines import LogLine
from advisorjobs.inspector.why_waiting import WaitingAccount
from advisorjobs.job import JobStatus

__all__ = ["NoSuchJob", "job_json", "print_job"]

TIMES = ("queued_at", "scheduled_at", "started_at", "finished_at")


class NoSuchJob(AdvisorJobsError):
    """No job has this number, or had it within the time for which history is kept."""


def job_json(job: JobAccount, waiting: WaitingAccount | None, log: Sequence[LogLine] | None = None) -> dict[str, Any]:
    """What machines get."""
    told = asdict(job)
    reasons = [] if waiting is None else [asdict(reason) for reason in waiting.reasons]
    said = {} if log is None else {"log": [asdict(line) for line in log]}
    return {**told, "status": status(job), "fields": sorted(job.payload_shape or ()), "waits_because": reasons, **said}


def status(job: JobAccount) -> str:
    return job.status or "cleaned"


def print_job(job: JobAccount, waiting: WaitingAccount | None, log: Sequence[LogLine] | None = None) -> None:
    """Prints *job*, why it waits if it does, and what its runs have said (*log*, None: not asked for).

    With what it was given and brought, where its account has that.
    """
    output = console()
    say(output, f"job {job.id}  {job.name}  {status(job)}")
    for label, text in facts(job, waiting):
        say(output, f"  {label:14} {text}")
    if job.runs:
        output.print()
        spare = ("attempt", "worker", "waited", "next run")
        print_rows(
            output,
            [run_cells(run) for run in job.runs],
            numbers=("run", "attempt", "waited", "took"),
            spare=spare,
            cut="worker",
        )
    for line in outcomes(job.runs) if job.with_values else ():
        say(output, line)
    for entry in log or ():
        say(output, f"run {entry.run}, {local_seconds(entry.at)} {entry.level:7} {entry.text}")
    if log == []:
        output.print("none of its runs has said anything", style="dim")
    if not job.with_values and job.has_errors:
        output.print("messages and traces, which may hold a client's data: --values", style="dim")


def say(output: Console, text: str) -> None:
    output.print(printable(text), markup=False, highlight=False, soft_wrap=True)


def facts(job: JobAccount, waiting: WaitingAccount | None) -> Iterator[tuple[str, str]]:
    """What is known of the job itself, each with its label."""
    known: Mapping[str, Any] = {
        "queue": job.queue,
        "organization": job.organization_id,
        "priority": job.priority,
        "attempts": job.attempts,
        "runs": job.run_number,
        "cancelling": job.abort_requested or None,
        "lock": job.lock,
        "queueing lock": job.queueing_lock,
        "unique key": job.unique_key,
        "key": job.limit_key,
        "tags": ", ".join(job.tags),
        "schedule": job.schedule and job.schedule.key,
    }
    yield from ((label, str(value)) for label, value in known.items() if value not in (None, ""))
    for name in TIMES:
        if getattr(job, name) is not None:
            yield name.removesuffix("_at"), local_seconds(getattr(job, name))
    if job.payload is not None:
        yield "arguments", as_json(job.payload)
    elif job.payload_shape:
        yield "arguments", f"{', '.join(sorted(job.payload_shape))} (names only)"
    if job.progress is not None:
        yield "progress", progress_text(job.progress)
    if waiting is not None and job.status in (JobStatus.WAITING, JobStatus.DELAYED):
        for reason in waiting.reasons:
            yield "waits because", reason.text + (f" Until {local_seconds(reason.until)}." if reason.until else "")
        if waiting.starts_at is not None:
            yield "starts about", local_seconds(waiting.starts_at)


def progress_text(progress: Progress) -> str:
    of = f" of {progress.total:g}" if progress.total is not None else ""
    note = f": {progress.note}" if progress.note else ""
    return f"{progress.done or 0:g}{of}{note}"


def run_cells(run: RunAccount) -> dict[str, str]:
    return {
        "run": str(run.run_number),
        "attempt": str(run.attempt),
        "outcome": run.status,
        "error": run.error_code or "",
        "started": local_seconds(run.started_at),
        "waited": milliseconds(run.wait_ms),
        "took": milliseconds(run.run_ms),
        "next run": local_seconds(run.next_run_at),
        "worker": printable(run.worker or ""),
    }


def milliseconds(length: int | None) -> str:
    if length is None:
        return ""
    return f"{length / 1000:.2f} s" if length < 120_000 else span(length / 1000)


def outcomes(runs: Sequence[RunAccount]) -> Iterator[str]:
    """What each run brought or said, line by line."""
    for run in runs:
        for label, value in (
            ("result", None if run.result is None else as_json(run.result)),
            ("message", run.error_message),
            ("stack trace", run.stack_trace),
        ):
            if value is not None:
                first, *more = value.splitlines() or [""]
                yield f"run {run.run_number}, {label}: {first}"
                yield from (f"  {line}" for line in more)


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
