"""Pages of jobs, the newest first, each an indexed read of the same size whatever waits and however long history is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from advisorjobs.cli.query import ask
from advisorjobs.environment import did_you_mean
from advisorjobs.errors import SettingsError
from advisorjobs.job import JobStatus
from advisorjobs.queues import known_queue
from advisorjobs.settings import Settings

__all__ = ["Page", "Wanted", "newest", "print_jobs"]

LOOK = 4_000
PAGES = 50
"""A call looks at this many jobs at a time, and so many times."""

NEWEST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs: None doesn't narrow the list."""

    queue: str | None = None
    status: str | None = None
    name: str | None = None
    organization: str | None = None
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def check_status(self) -> None:
        """Refuses a status that there is not."""
        statuses = tuple(JobStatus)
        if self.status is not None and self.status not in statuses:
            raise SettingsError("--status", self.status, f"is no status of a job{did_you_mean(self.status, statuses)}")

    def check_names(self, settings: Settings) -> None:
        """Where nothing was found: refuses a queue or job that this program doesn't know either."""
        from advisorjobs.catalogue import Catalogue

        if self.queue is not None:
            known_queue(self.queue)
        if self.name is not None and not self.name.startswith("builtin:"):
            Catalogue.load(settings.imports)[self.name]


@dataclass(frozen=True, slots=True)
class Page:
    """`note`: how to go on, where there may be more."""

    jobs: Sequence[Mapping[str, Any]]
    note: str = ""


def newest(connection: Any, wanted: Wanted, *, before: int | None, limit: int) -> Page:
    """The newest *limit* jobs that are *wanted* and whose numbers are below *before*."""
    jobs: list[dict[str, Any]] = []
    edge = before or NEWEST
    for _ in range(PAGES):
        asked = {**asdict(wanted), "before": edge, "look": LOOK, "limit": limit - len(jobs)}
        rows = ask(connection, "newest_jobs", asked, by_index=True)
        jobs += [{name: row[name] for name in row if name != "lowest"} for row in rows if row["id"] is not None]
        if len(jobs) == limit:
            return Page(jobs, f"older ones: --before {jobs[-1]['id']}")
        if rows[0]["lowest"] is None:
            return Page(jobs)
        edge = rows[0]["lowest"]
    return Page(jobs, f"looked at {LOOK * PAGES:,} jobs; go on with --before {edge}")


def print_jobs(jobs: Sequence[Mapping[str, Any]]) -> None:
    """A line for each."""
    from advisorjobs.cli.consoles import console, print_rows

    output = console()
    if not jobs:
        output.print("no jobs")
        return
    spare = ("attempts", "run time", "queue", "organization", "error")
    print_rows(output, [cells(job) for job in jobs], numbers=("id", "attempts", "run time"), spare=spare, cut="job")


def cells(job: Mapping[str, Any]) -> dict[str, str]:
    from advisorjobs.cli.account import printable
    from advisorjobs.cli.moments import local_seconds

    took = f"{job['run_ms'] / 1000:.2f} s" if job["run_ms"] is not None else ""
    return {
        "id": str(job["id"]),
        "job": printable(job["name"]),
        "queue": printable(job["queue"]),
        "organization": printable(job["organization_id"] or ""),
        "status": job["status"],
        "attempts": str(job["attempts"]),
        "queued": local_seconds(job["queued_at"]),
        "run time": took,
        "error": job["error_code"] or "",
    }
