"""How long our own claim takes in each situation that must not matter to it, beside the same claim in an empty table.

`python -m ops.bench.own_depth` prints a table by itself; names of situations as arguments choose some.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from advisorjobs.database.migrate import migrate
from advisorjobs.database.statement import statement
from advisorjobs.engine.footprint import whereabouts
from ops.bench.backlog import Backlog
from ops.bench.server import SETTINGS, BenchServer
from tests.fixtures.clusters import throwaway_cluster

if TYPE_CHECKING:
    from ops.bench.measure import Bench

__all__ = ["SITUATIONS", "Desk", "depth_figures", "take"]

Connection = psycopg.Connection[Any]
Fresh = Callable[[str], str]
SQL = Path(__file__).parent / "sql"
MILLION, MANY = 1_000_000, 100_000
ORDINARY = 5_000
"""Jobs of fifty organizations that the claims work through, beside the situation's own."""

AT_ONCE = 100
WARM, SAMPLES = 20, 300
SHOWN = ("p50", "p50 of empty", "p99", "p99 of empty")


@dataclass(frozen=True, slots=True)
class Situation:
    """`fill` is run before (True) or after (False) the statistics are taken; None: they never are."""

    name: str
    fill: Callable[[Connection], None]
    analyzed_before: bool | None = False


def lying(count: int, sql: str | None = None, **kind: Any) -> Callable[[Connection], None]:
    """Fills with *count* jobs of a kind, after the rules in sql/*sql*.sql."""

    def fill(connection: Connection) -> None:
        if sql:
            connection.execute((SQL / f"{sql}.sql").read_bytes())
        backlog = Backlog(**kind)
        backlog.add(connection, count)
        if backlog.lock or backlog.key:
            backlog.run_head(connection)

    return fill


def emptied(connection: Connection) -> None:
    """A table that was huge when its statistics were taken."""
    Backlog().add(connection, MILLION)
    connection.execute("VACUUM ANALYZE")
    connection.execute((SQL / "empty_jobs.sql").read_bytes())
    connection.execute("VACUUM")


FIRST = {"prefix": "a-", "organizations": 1}
"""The turn before all ordinary ones."""

EMPTY = Situation("empty", lambda _: None)
SITUATIONS = (
    Situation("1 million of its own, 50 organizations", lying(MILLION)),
    Situation("1 million of its own, no organizations", lying(MILLION, organizations=0)),
    Situation("1 million of its own, 5 000 organizations", lying(MILLION, organizations=5_000)),
    Situation("1 million of another queue", lying(MILLION, queue="emails")),
    Situation("1 million for tomorrow", lying(MILLION, delay=86_400)),
    Situation("100 000 behind a lock", lying(MANY, lock="l", **FIRST)),
    Situation("100 000 behind a key", lying(MANY, "key_one_running", key="k", **FIRST)),
    Situation("100 000 behind a closed key", lying(MANY, "key_closed", key="k", **FIRST)),
    Situation("100 000 behind an organization's limit", lying(MANY, "organization_one_running", **FIRST)),
    Situation("100 000 behind an organization's pause", lying(MANY, "organization_paused", **FIRST)),
    Situation("100 000 behind the queue's limit", lying(MANY, "queue_full")),
    Situation("100 000 behind the queue's pause", lying(MANY, "queue_paused")),
    Situation("1 000 organizations, a rate for each", lying(MANY, "organization_rates", organizations=1_000)),
    Situation(
        "1 000 organizations at their limit", lying(MANY, "organizations_full", prefix="a-", organizations=1_000)
    ),
    Situation("5 000 rules of other organizations", lying(0, "rules_of_others")),
    Situation("100 000 of an unknown name at the head", lying(MANY, name="test:new", **FIRST)),
    Situation(
        "100 000 of an unknown name in 1 000 turns", lying(MANY, name="test:new", prefix="a-", organizations=1_000)
    ),
    Situation("1 million, analyzed when empty", lying(MILLION), analyzed_before=True),
    Situation("1 million, never analyzed", lying(MILLION), analyzed_before=None),
    Situation("analyzed at 1 million, then emptied", emptied, analyzed_before=True),
)


class Desk:
    """A worker's statements by hand, one claim of a hundred jobs at a time."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.cursor: str | None = None
        self.worker = self.value(
            "register_worker",
            token=uuid.uuid4().hex,
            name="depth",
            queues=["critical"],
            slots=[AT_ONCE],
            names=["test:work"],
            lease=86_400.0,
            **whereabouts(),
        )

    def value(self, operation: str, **params: Any) -> Any:
        row = self.connection.execute(statement(operation), params).fetchone()
        return row[0] if row else None

    def turn(self, *, look_aside: bool) -> float:
        """Claims, completes and enqueues as many again; returns the claim's milliseconds."""
        token = uuid.uuid4().hex
        claim = {
            "worker": self.worker,
            "token": token,
            "queues": ["critical"],
            "free": [AT_ONCE],
            "aged": [AT_ONCE // 10],
        }
        claim |= {"names": ["test:work"], "look_aside": look_aside, "cursors": [self.cursor]}
        begun = time.perf_counter()
        rows = self.connection.execute(statement("claim_jobs"), claim).fetchall()
        took = (time.perf_counter() - begun) * 1e3
        jobs = [row for row in rows if row[0] is not None]
        self.cursor = next((row[14] for row in rows if row[0] is None), self.cursor)
        if jobs:
            self.replace(jobs, token)
        return took

    def replace(self, jobs: list[tuple[Any, ...]], token: str) -> None:
        same = {"tokens": [token] * len(jobs), "run_ms": [1] * len(jobs), "results": ["null"] * len(jobs)}
        locks = [job[4] for job in jobs if job[4]] or None
        ids, run_nos = [job[0] for job in jobs], [job[9] for job in jobs]
        self.value("complete_runs", ids=ids, run_nos=run_nos, locks=locks, patience=None, **same)
        new = [{"name": "test:work", "queue": "critical", "args": {}, "organization_id": job[12]} for job in jobs]
        self.value("enqueue_jobs", jobs=json.dumps(new))


def prepared(dsn: str, situation: Situation) -> str:
    """The address of a database in which the situation is."""
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=0) as connection:
        if situation.analyzed_before:
            connection.execute("VACUUM ANALYZE")
        situation.fill(connection)
        Backlog(prefix="ordinary-").add(connection, ORDINARY)
        if situation.analyzed_before is False:
            connection.execute("VACUUM ANALYZE")
    return dsn


def times_in(*dsns: str) -> list[list[float]]:
    """Milliseconds of each claim, in turns with one in each other database: what disturbs one disturbs all."""
    with ExitStack() as stack:
        link = partial(psycopg.connect, autocommit=True, prepare_threshold=0)
        desks = [Desk(stack.enter_context(link(dsn))) for dsn in dsns]
        rounds = [[desk.turn(look_aside=n % 20 == 0) for desk in desks] for n in range(WARM + SAMPLES)]
    return [sorted(times) for times in zip(*rounds[WARM:], strict=True)]


def depth_figures(fresh: Fresh, situations: tuple[Situation, ...] = SITUATIONS) -> dict[str, float]:
    """*fresh* makes a migrated database of a name and gives its address. Milliseconds: median and 99th percentile.

    "of empty": how many times the same claims' in a table without the situation, taken in turns with them.
    """
    figures: dict[str, float] = {}
    for situation in situations:
        empty, deep = times_in(prepared(fresh("empty"), EMPTY), prepared(fresh("deep"), situation))
        for which, at in (("p50", SAMPLES // 2), ("p99", SAMPLES * 99 // 100)):
            figures[f"{situation.name}: {which}"] = deep[at]
            figures[f"{situation.name}: {which} of empty"] = deep[at] / empty[at]
    return figures


def migrated(server: BenchServer, name: str) -> str:
    """A database of this program on the benchmark's server."""
    server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
    migrate(server.dsn(name))
    return server.dsn(name)


def take(bench: Bench) -> dict[str, float]:
    """For ops/bench/measures.py: Measure("own depth", "Our claim of 100 jobs, whatever lies there", "ms", take, rounds=1)."""
    bench.server.autovacuum(False)
    try:
        return depth_figures(partial(migrated, bench.server))
    finally:
        bench.server.autovacuum(True)


@contextmanager
def own_databases() -> Iterator[Fresh]:
    """A cluster of its own, without the other peers' programs that the whole benchmark needs."""
    with throwaway_cluster({**SETTINGS, "autovacuum": "off"}) as cluster:
        yield partial(migrated, BenchServer(cluster.tcp_dsn))


def show(figures: Mapping[str, float], situation: Situation) -> None:
    values = [figures[f"{situation.name}: {which}"] for which in SHOWN]
    print(f"{situation.name:<48}" + "".join(f"{value:9.2f}" for value in values), flush=True)


def main(words: list[str]) -> None:
    print(f"{'claim of 100 jobs, ms':<48}" + "".join(f"{which.replace('of empty', '×'):>9}" for which in SHOWN))
    with own_databases() as fresh:
        for situation in SITUATIONS:
            if not words or any(word in situation.name for word in words):
                show(depth_figures(fresh, (situation,)), situation)


if __name__ == "__main__":
    main(sys.argv[1:])
