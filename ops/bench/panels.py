"""What the picture shows, as plain values: throughput a peer, and claim time against backlog."""

from __future__ import annotations

from typing import TypedDict

from ops.bench.claim_time import BACKLOGS, ORGANIZATIONS, figure_name
from ops.bench.peer_spec import ADVISORJOBS, CLAIMS, INSTALLED, OURS, PEERS
from ops.bench.results import Results, Taken

__all__ = ["Panels", "Throughput", "panels"]


class Throughput(TypedDict):
    """One group of bars. `one`, `two`: jobs/s by one and by two workers; None where not measured."""

    name: str
    ours: bool
    one: float | None
    two: float | None


class Panels(TypedDict):
    """`claims`: "p50" and "p99" -> number of organizations -> pairs of jobs waiting and milliseconds."""

    throughput: list[Throughput]
    claims: dict[str, dict[str, list[tuple[int, float]]]]


def panels(results: Results) -> Panels:
    """The slowest peer first; the lowest of our three ways counts as ours."""
    one, two = (results.measures.get(name) for name in ("drain", "drain-two"))
    peers = [name for name in PEERS if name not in OURS and name != CLAIMS]
    rows = [Throughput(name=n, ours=n == INSTALLED, one=rate(one, n), two=rate(two, n)) for n in peers]
    rows.append(Throughput(name=ADVISORJOBS, ours=True, one=rate(one, *OURS), two=rate(two, *OURS)))
    known = [row for row in rows if row["one"] is not None]
    return {
        "throughput": sorted(known, key=lambda row: row["one"] or 0.0),
        "claims": {which: claims(results, which) for which in ("p50", "p99")},
    }


def rate(taken: Taken | None, *names: str) -> float | None:
    values = [value for name in names if taken and (value := taken.median(name)) is not None]
    return min(values) if len(values) == len(names) else None


def claims(results: Results, which: str) -> dict[str, list[tuple[int, float]]]:
    taken = results.measures.get("claim")
    return {
        str(each): [
            (waiting, value)
            for waiting in BACKLOGS
            if taken and (value := taken.median(figure_name(each, waiting, which))) is not None
        ]
        for each in ORGANIZATIONS
    }
