"""Where a fault test happens: a database of its own, workers, the witness, and what the test asks of them."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
from psycopg import sql

from tests.faults.checker import gather, judge
from tests.faults.engines import Engine, Order, Ours, Stock
from tests.faults.fleet import Fleet, Member
from tests.faults.proxy import Proxy, proxied
from tests.faults.scale import ENGINE
from tests.faults.witness import Entry, Witness
from tests.fixtures.clusters import Cluster
from tests.fixtures.waiting import wait_for

__all__ = ["Site", "open_site"]

NUMBERS = itertools.count(1)
TEMPLATES = threading.Lock()
FINAL = ("done", "failed")


class Site:
    """`ids` are all jobs that were acknowledged, with their `orders`; `ledger` those that book."""

    def __init__(self, engine: Engine, cluster: Cluster, name: str, folder: Path) -> None:
        self.engine = engine
        self.cluster = cluster
        self.name = name
        self.dsn = cluster.dsn.replace("/advisorjobs?", f"/{name}?")
        self.tcp_dsn = cluster.tcp_dsn.rpartition("/")[0] + f"/{name}"
        self.folder = folder
        self.witness = Witness(folder / "witness")
        self.fleet = Fleet(engine, self.dsn, folder, self.witness)
        self.ids: list[int] = []
        self.ledger: list[int] = []
        self.orders: dict[int, Order] = {}

    def connect(self) -> psycopg.Connection[Any]:
        """The test's own connection, which no nemesis cuts."""
        return psycopg.connect(self.dsn, autocommit=True, application_name="feed")

    def start(self, slots: int = 8, **variables: Any) -> Member:
        """Starts a worker. Until it works, a signal finds the interpreter, not the worker."""
        return self.fleet.start(slots, **variables)

    def enqueue(self, *orders: Order) -> list[int]:
        with self.connect() as connection:
            ids = self.engine.enqueue(connection, orders)
        self.ids += ids
        self.orders |= zip(ids, orders, strict=True)
        self.ledger += [job for job, order in zip(ids, orders, strict=True) if order.kind.endswith("ledger")]
        return ids

    def states(self, ids: Sequence[int] | None = None) -> Counter[str]:
        """How many jobs are todo, doing, failed, done or lost; empty while the database is away."""
        try:
            with self.connect() as connection:
                return self.engine.states(connection, self.ids if ids is None else ids)
        except psycopg.OperationalError:
            return Counter()

    def one(self, query: str, *params: Any) -> Any:
        with self.connect() as connection:
            row = connection.execute(query.encode(), params or None).fetchone()
        return row[0] if row else None

    def wait_until(self, condition: Callable[[], Any], what: str, seconds: float) -> Any:
        """Waits; in vain, it fails with the states of the jobs and the workers' last words."""
        try:
            return wait_for(condition, what, seconds=seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\njobs: {dict(self.states())}\n{self.fleet.tails()}") from None

    def wait_done(self, seconds: float, ids: Sequence[int] | None = None) -> float:
        """Waits until all jobs (or *ids*) have ended; returns how long that took."""
        start = monotonic()
        wanted = len(self.ids if ids is None else ids)

        def ended() -> bool:
            states = self.states(ids)
            return sum(states[state] for state in FINAL) == wanted

        self.wait_until(ended, f"the end of {wanted} jobs", seconds)
        return monotonic() - start

    def wait_event(self, event: str, count: int = 1, *, seconds: float = 20, jobs: Sequence[int] = ()) -> list[Entry]:
        """Waits until the witness has seen *event* so often (of *jobs*, where named)."""

        def seen() -> list[Entry]:
            found = [entry for entry in self.witness.events(event) if not jobs or entry.job in jobs]
            return found if len(found) >= count else []

        found: list[Entry] = self.wait_until(seen, f"{count} times {event!r}", seconds)
        return found

    def wait_log(self, member: Member, text: str, seconds: float) -> None:
        """Waits until a worker's log has *text*."""
        self.wait_until(lambda: text in member.text(), f"{text!r} in the log", seconds)

    def wait_working(self, count: int, seconds: float = 30) -> None:
        """Waits until so many workers of ours (or stock ones) are registered and living."""
        tables = {"ours": "advisorjobs_workers WHERE stopped_at IS NULL", "stock": "procrastinate_workers"}
        table = tables[self.engine.name]
        self.wait_until(lambda: self.one(f"SELECT count(*) FROM {table}") >= count, f"{count} workers", seconds)

    def check(self) -> None:
        """C1 to C7. Ours: from the history; the control: jobs, effects and keys only."""
        entries = self.witness.read()
        if self.engine.name == "stock":
            states = self.states()
            assert states["done"] + states["failed"] == len(self.ids), f"C1: {dict(states)}\n{self.fleet.tails()}"
            return
        verdict = judge(gather(self.dsn, self.ids, self.ledger, entries))
        assert not verdict.offences, f"{verdict.text()}\n{self.fleet.tails()}"

    def effects(self) -> int:
        return int(self.one("SELECT count(*) FROM effects"))


@contextmanager
def open_site(cluster: Cluster, folder: Path) -> Iterator[Site]:
    """A database made from this cluster's template, and a folder for the witness and the logs."""
    engine: Engine = {"ours": Ours, "stock": Stock}[ENGINE]()
    name = f"site_{next(NUMBERS)}"
    template = f"template_{engine.name}"
    with TEMPLATES, psycopg.connect(cluster.dsn, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(template)))
            engine.prepare(cluster.dsn.replace("/advisorjobs?", f"/{template}?"))
        both = (sql.Identifier(name), sql.Identifier(template))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*both))
    site = Site(engine, cluster, name, folder)
    try:
        yield site
    finally:
        site.fleet.close()
        with psycopg.connect(cluster.dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def open_proxy(site: Site) -> Iterator[tuple[Proxy, str]]:
    """A proxy before the site's database, and the address by way of it."""
    with ExitStack() as stack:
        proxy = stack.enter_context(proxied(site.cluster.port))
        yield proxy, proxy.dsn(site.tcp_dsn)
