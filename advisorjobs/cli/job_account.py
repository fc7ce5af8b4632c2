"""One job and all its runs, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console

from advisorjobs.cli.account import printable
from advisorjobs.cli.consoles import console, print_rows
from advisorjobs.cli.moments import local_seconds
from advisorjobs.cli.serving import span
from advisorjobs.errors import AdvisorJobsError

__all__ = ["NoSuchJob", "print_job"]

TIMES = ("queued_at", "scheduled_at", "started_at", "finished_at")
HIDDEN = ("id", "name", "status", "runs", "log", "fields", "payload", "progress", *TIMES)
LABELS = {"organization_id": "organization", "run_number": "runs", "limit_key": "key", "abort_requested": "cancelling"}
PARKED = {
    "lock": "another job holds its lock",
    "unknown_job": "no worker that asked knows its name",
    "key": "its key has no room",
}


class NoSuchJob(AdvisorJobsError):
    """No job has this number, or had it within the time for which history is kept."""


def print_job(job: Mapping[str, Any], *, values: bool) -> None:
    """Prints *job* (sql/show_job.sql, with `runs`: sql/job_runs.sql); *values*: with what it was given and brought."""
    output = console()
    say(output, f"job {job['id']}  {job['name']}  {job['status']}")
    for label, text in facts(job):
        say(output, f"  {label:14} {text}")
    if values and job.get("payload") is not None:
        say(output, f"  {'arguments':14} {as_json(job['payload'])}")
    if values and job.get("progress") is not None:
        say(output, f"  {'progress':14} {as_json(job['progress'])}")
    runs = job["runs"]
    if runs:
        output.print()
        spare = ("attempt", "worker", "waited", "next run")
        print_rows(
            output,
            [run_cells(run) for run in runs],
            numbers=("run", "attempt", "waited", "took"),
            spare=spare,
            cut="worker",
        )
    for line in outcomes(runs) if values else ():
        say(output, line)
    for line in job.get("log") or ():
        say(output, f"run {line['run_no']}, {local_seconds(line['at'])} {line['level']:7} {line['text']}")
    if job.get("log") == []:
        output.print("none of its runs has said anything", style="dim")
    if not values and any(run["error_code"] for run in runs):
        output.print("messages and traces, which may hold a client's data: --values", style="dim")


def say(output: Console, text: str) -> None:
    output.print(printable(text), markup=False, highlight=False, soft_wrap=True)


def facts(job: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is known of the job itself, each with its label."""
    for name, value in job.items():
        if name in HIDDEN or value in (None, False, []):
            continue
        if name == "parked":
            yield "waits because", PARKED.get(value, value)
        else:
            yield LABELS.get(name, name.replace("_", " ")), ", ".join(value) if isinstance(value, list) else str(value)
    for name in TIMES:
        if job.get(name) is not None:
            yield name.removesuffix("_at"), local_seconds(job[name])
    if job.get("fields") and job.get("payload") is None:
        yield "arguments", f"{', '.join(job['fields'])} (names only)"


def run_cells(run: Mapping[str, Any]) -> dict[str, str]:
    return {
        "run": str(run["run_number"]),
        "attempt": str(run["attempt"]),
        "outcome": run["status"],
        "error": run["error_code"] or "",
        "started": local_seconds(run["started_at"]),
        "waited": milliseconds(run["wait_ms"]),
        "took": milliseconds(run["run_ms"]),
        "next run": local_seconds(run["next_run_at"]),
        "worker": printable(run["worker"] or ""),
    }


def milliseconds(length: int | None) -> str:
    if length is None:
        return ""
    return f"{length / 1000:.2f} s" if length < 120_000 else span(length / 1000)


def outcomes(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What each run brought or said, line by line."""
    for run in runs:
        for name in ("result", "error_message", "stack_trace"):
            value = run[name]
            if value is not None:
                label = name.replace("error_", "").replace("_", " ")
                text = value if isinstance(value, str) and name != "result" else as_json(value)
                first, *more = text.splitlines() or [""]
                yield f"run {run['run_number']}, {label}: {first}"
                yield from (f"  {line}" for line in more)


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
