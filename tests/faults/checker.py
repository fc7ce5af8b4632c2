"""The one judge of all fault tests: compares what the database says with what the witness saw.

C1 every acknowledged job has ended exactly once; C2 no two runs of a job took effect; C3 as many effects as ledger jobs;
C4 every run has an execution row and every completed row its run; C5 only legal transitions; C6 nothing is `doing` for
nobody; C7 of one key never two at a time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.faults.witness import Entry

__all__ = ["Evidence", "Verdict", "gather", "judge", "overlaps"]

OFFENDERS = 5
ENDS = ("end", "broke", "woke")
NOT_FINAL = {"retrying", "crashed", "released", "snoozed", "timed_out"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """`jobs`: rows of procrastinate_jobs; `runs`: rows of history; `effects`: job -> the runs that wrote one."""

    ids: Sequence[int]
    ledger: Sequence[int]
    jobs: Mapping[int, Mapping[str, Any]]
    runs: Mapping[int, Sequence[Mapping[str, Any]]]
    effects: Mapping[int, Sequence[int]]
    entries: Sequence[Entry]


@dataclass(slots=True)
class Verdict:
    """What was found wrong: a rule, the job, and why. `text` prints each offender with all that is known of it."""

    evidence: Evidence
    offences: list[tuple[str, int, str]] = field(default_factory=list)

    def blame(self, rule: str, job: int, why: str) -> None:
        self.offences.append((rule, job, why))

    def text(self) -> str:
        counts = Counter(rule for rule, _, _ in self.offences)
        lines = [", ".join(f"{rule}: {count}" for rule, count in sorted(counts.items()))]
        shown: Counter[str] = Counter()
        for rule, job, why in self.offences:
            shown[rule] += 1
            if shown[rule] <= OFFENDERS:
                lines += [f"{rule} job {job}: {why}", *self._history(job)]
        return "\n".join(lines)

    def _history(self, job: int) -> list[str]:
        seen = [f"    saw  {entry}" for entry in self.evidence.entries if entry.job == job]
        runs = [f"    kept {dict(run)}" for run in self.evidence.runs.get(job, ())]
        row = self.evidence.jobs.get(job)
        return [*seen, *runs, f"    row  {dict(row) if row else None}, effects {self.evidence.effects.get(job, [])}"]


def gather(dsn: str, ids: Sequence[int], ledger: Sequence[int], entries: Sequence[Entry]) -> Evidence:
    """Reads our engine's tables."""
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        jobs = connection.execute(
            "SELECT id, status::text, attempts, run_no, worker_id, crashes, rescues, parked::text FROM procrastinate_jobs"
        ).fetchall()
        runs = connection.execute(
            """
            SELECT job_id, run_no, attempt, final, status::text, error_code::text, worker_id, finished_at
              FROM advisorjobs_runs ORDER BY job_id, run_no, finished_at"""
        ).fetchall()
        effects = connection.execute("SELECT job, run FROM effects").fetchall()
    return Evidence(
        ids=ids,
        ledger=ledger,
        jobs={row["id"]: row for row in jobs},
        runs=grouped(runs, "job_id"),
        effects={job: [row["run"] for row in rows] for job, rows in grouped(effects, "job").items()},
        entries=entries,
    )


def grouped(rows: Iterable[Mapping[str, Any]], key: str) -> dict[int, list[Mapping[str, Any]]]:
    groups: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups


def judge(evidence: Evidence) -> Verdict:
    """Applies all rules; the verdict of a clean run has no offences."""
    verdict = Verdict(evidence)
    for job in evidence.ids:
        _ended_once(verdict, job)
        _legal(verdict, job)
    for job in evidence.ledger:
        count = len(evidence.effects.get(job, ()))
        if count > 1:
            verdict.blame("C2", job, f"{count} runs took effect")
        if count == 0 and job not in evidence.jobs:
            verdict.blame("C3", job, "ended without its effect")
    _runs_are_kept(verdict)
    for job, row in evidence.jobs.items():
        if row["status"] == "doing":
            verdict.blame("C6", job, "is still doing")
    for earlier, later in overlaps(evidence.entries):
        verdict.blame("C7", later.job, f"runs while {earlier} has the key {later.detail}")
    return verdict


def _ended_once(verdict: Verdict, job: int) -> None:
    row = verdict.evidence.jobs.get(job)
    finals = [run for run in verdict.evidence.runs.get(job, ()) if run["final"]]
    if row is not None and row["status"] != "failed":
        verdict.blame("C1", job, f"has not ended: {row['status']}")
    elif not finals:
        verdict.blame("C1", job, "is gone without a final run")
    if len(finals) > 1:
        verdict.blame("C1", job, f"ended {len(finals)} times")


def _legal(verdict: Verdict, job: int) -> None:
    runs = verdict.evidence.runs.get(job, ())
    numbers = [run["run_no"] for run in runs]
    if numbers != list(range(1, len(runs) + 1)):
        verdict.blame("C5", job, f"its runs are numbered {numbers}")
    for run in runs[:-1]:
        if run["final"] or run["status"] not in NOT_FINAL:
            verdict.blame("C5", job, f"ran on after run {run['run_no']} ended it: {run['status']}")


def _runs_are_kept(verdict: Verdict) -> None:
    evidence = verdict.evidence
    began: dict[tuple[int, int], Entry] = {}
    for entry in evidence.entries:
        if entry.event == "begin" and entry.run:
            if (entry.job, entry.run) in began:
                verdict.blame("C4", entry.job, f"run {entry.run} began twice")
            began[entry.job, entry.run] = entry
    known = {(job, run["run_no"]) for job, runs in evidence.runs.items() for run in runs}
    for job, run in began.keys() - known:
        verdict.blame("C4", job, f"run {run} has no execution row")
    seen = {job for job, _ in began}
    for job, runs in evidence.runs.items():
        for run in runs:
            if run["status"] == "completed" and job in seen and (job, run["run_no"]) not in began:
                verdict.blame("C4", job, f"run {run['run_no']} is completed and nobody saw it begin")


def overlaps(entries: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    """Pairs of runs of the same key (`detail` of their begin) that ran at the same time. A killed process runs nothing."""
    holders: dict[str, dict[tuple[int, int], Entry]] = defaultdict(dict)
    found = []
    for entry in entries:
        if entry.event == "begin" and entry.detail.startswith("key"):
            held = holders[entry.detail]
            found += [(other, entry) for other in held.values()]
            held[entry.job, entry.run] = entry
        elif entry.event in ENDS:
            for held in holders.values():
                held.pop((entry.job, entry.run), None)
        elif entry.event == "killed":
            for key, held in holders.items():
                holders[key] = {run: begin for run, begin in held.items() if begin.pid != entry.pid}
    return found
