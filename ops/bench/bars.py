"""THE LIST of what AdvisorJobs is to reach beside its peers: ratios of two medians of one run, or a median itself."""

from __future__ import annotations

from dataclasses import dataclass

from ops.bench.claim_time import figure_name
from ops.bench.own_dashboard import TEN
from ops.bench.own_fairness import NAP
from ops.bench.own_fairness import figure_name as index_name
from ops.bench.own_limits import SHARE
from ops.bench.peer_spec import ADVISORJOBS, BULL, COMMAND, GRAPHILE, INSTALLED, OURS, PGQUEUER, STOCK, TYPED
from ops.bench.results import Results

__all__ = ["BARS", "Bar"]


@dataclass(frozen=True, slots=True)
class Bar:
    """`pairs`: figures of `measure` and what each is divided by (None: by nothing); the worst of them counts.

    `must` and `aim` are reached from above; with `at_most` from below. `aim` None: there is nothing beyond `must`.
    """

    text: str
    measure: str
    pairs: tuple[tuple[str, str | None], ...]
    must: float
    aim: float | None = None
    unit: str = "×"
    at_most: bool = False

    def measured(self, results: Results) -> float | None:
        """None where a figure is missing: nothing is said of half a comparison."""
        taken = results.measures.get(self.measure)
        if taken is None:
            return None
        values: list[float] = []
        for over, under in self.pairs:
            upper, lower = taken.median(over), taken.median(under) if under else 1.0
            if upper is None or not lower:
                return None
            values.append(upper / lower)
        return max(values) if self.at_most else min(values)

    def verdict(self, measured: float) -> str:
        """`aim`, `met` or `missed`."""

        def reaches(limit: float) -> bool:
            return measured <= limit if self.at_most else measured >= limit

        if self.aim is not None and reaches(self.aim):
            return "aim"
        return "met" if reaches(self.must) else "missed"


def over(peer: str) -> tuple[tuple[str, str], ...]:
    return tuple((ours, peer) for ours in OURS)


def left(detail: str) -> tuple[tuple[str, str], ...]:
    return tuple((f"{ours}: {detail}", f"{ours}: empty") for ours in (ADVISORJOBS, TYPED))


def claims(*organizations: int) -> tuple[tuple[str, None], ...]:
    return tuple((figure_name(each, 1_000_000, "p99"), None) for each in organizations)


def evenness() -> tuple[tuple[str, None], ...]:
    return tuple((index_name(milliseconds, workers), None) for milliseconds in (NAP, 0) for workers in (1, 2))


# fmt: off
BARS = (
    Bar("drain over stock procrastinate", "drain", over(STOCK), 40, 60),
    Bar("drain over PgQueuer at its best", "drain", over(PGQUEUER), 1, 1.5),
    Bar("drain over Bull on Redis", "drain", over(BULL), 0.8, 1),
    Bar("drain by two workers over PgQueuer at its best", "drain-two", over(PGQUEUER), 1, 1.3),
    Bar("drain as installed (10 slots) over stock procrastinate", "drain", ((INSTALLED, STOCK),), 15, 30),
    Bar("drain of typed jobs over plain ones", "drain", ((TYPED, ADVISORJOBS),), 0.8, 1),
    Bar("drain under `procrastinate worker -q` over plain jobs", "drain", ((COMMAND, ADVISORJOBS),), 0.8, 1),
    Bar("`manager.add_jobs` over graphile-worker's `addJobs`", "bulk", ((TYPED, GRAPHILE),), 0.7, 1),
    Bar("one by one over PgQueuer", "single", ((TYPED, PGQUEUER),), 0.8, 1.2),
    Bar("`batch_defer_async` over itself on stock procrastinate", "batch-defer", ((INSTALLED, STOCK),), 1.5, 2),
    Bar("pick-up p50 over graphile-worker's", "pickup", ((f"{INSTALLED}: p50", f"{GRAPHILE}: p50"),), 1.5, 1,
        at_most=True),
    Bar("pick-up p99", "pickup", ((f"{INSTALLED}: p99", None),), 10, 5, unit="ms", at_most=True),
    Bar("deep table, vacuumed: share of the rate left", "depth", left("deep"), 0.9, 1),
    Bar("deep table, not vacuumed: share of the rate left", "depth", left("deep, not vacuumed"), 0.9, 1),
    Bar("claim p99, 1 000 000 waiting", "claim", claims(1, 50), 5, unit="ms", at_most=True),
    Bar("claim p99, 1 000 000 waiting, 5 000 organizations", "claim", claims(5_000), 20, unit="ms", at_most=True),
    Bar("limits that never bind, and turns: share of the rate left", "limited", ((SHARE, None),), 0.8, 0.95),
    Bar("claim p99, 1 000 organizations with a limit each", "limited-claim", (("all open: p99", None),), 20, unit="ms",
        at_most=True),
    Bar("… half of which are closed", "limited-claim", (("half of them closed: p99", None),), 20, unit="ms", at_most=True),
    Bar("evenness of 50 organizations' starts", "fairness", evenness(), 0.98, unit="Jain"),
    Bar("starts before a newcomer's: slots, organizations and a prefetch of 50 ms", "newcomer", (("most", None),), 58,
        unit="jobs", at_most=True),
    Bar("commits with a job over those without", "commits", (("with a job of AdvisorJobs", "business rows alone"),), 0.7, 0.85),
    Bar("write-ahead log of a job over stock procrastinate's", "wal", ((TYPED, STOCK),), 0.7, 0.5, at_most=True),
    Bar("a due or a retried job, p99 after its moment", "due", (("scheduled: p99", None), ("retried: p99", None)), 100, 50,
        unit="ms", at_most=True),
    Bar("pick-up without LISTEN, p99", "polling", (("polling: p99", None),), 1000, 200, unit="ms", at_most=True),
    Bar("a cancellation reaches the function, p99", "stopping",
        (("cancelled coroutine: p99", None), ("cancelled blocking: p99", None)), 500, unit="ms", at_most=True),
    Bar("a time limit ends the work, p99 after it", "stopping",
        (("over time coroutine: p99", None), ("over time blocking: p99", None)), 1000, unit="ms", at_most=True),
    Bar("claim p99 while 100 000 jobs are due at once", "promotion", (("p99", None),), 20, 10, unit="ms", at_most=True),
    Bar("statistics, processor time of the worst call", "statistics", (("worst", None),),
        20, unit="ms", at_most=True),
    Bar("the dashboard's dearest page, processor time of database and web process", "dashboard", (("worst page", None),),
        100, unit="ms", at_most=True),
    Bar("ten open dashboards, of the database", "dashboard", ((TEN, None),), 2, unit="% of a core", at_most=True),
    Bar("memory of an idle worker for all queues", "memory", (("idle worker", None),), 160, 110, unit="MB", at_most=True),
    Bar("memory of a program that enqueues", "memory", (("enqueuing program", None),), 60, 45, unit="MB", at_most=True),
    Bar("claim p99 under a held transaction over before", "bloat", (("claim p99 while held, over before", None),), 3,
        at_most=True),
    Bar("under 10 000 dead rows after its end", "bloat", (("seconds until under 10 000 dead rows", None),), 300,
        unit="s", at_most=True),
    Bar("hot tables after it over early", "bloat", (("hot tables at the end, over early", None),), 2, at_most=True),
)
# fmt: on
