"""The two engines that a situation can be tried on: ours, and procrastinate's own as the control."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any, Protocol

import psycopg

from advisorjobs.database.migrate import migrate
from advisorjobs.database.statement import statement

__all__ = ["Engine", "Order", "Ours", "Stock"]

EFFECTS = """
CREATE TABLE effects (job bigint NOT NULL, run integer NOT NULL, amount bigint NOT NULL);
GRANT INSERT ON effects TO PUBLIC"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A job to enqueue. `kind` is its name without the area; `delay` in seconds. The control knows no limits."""

    kind: str
    args: Mapping[str, Any]
    queue: str = "critical"
    priority: int = 0
    lock: str | None = None
    queueing_lock: str | None = None
    delay: float = 0
    organization: str = "o1"
    cost: int = 1
    limit_key: str | None = None


Connection = psycopg.Connection[Any]


class Engine(Protocol):
    name: str

    def prepare(self, dsn: str) -> None:
        """Makes the tables of an empty database."""

    def command(self, queues: Mapping[str, int]) -> list[str]:
        """How a worker is started."""

    def enqueue(self, connection: Connection, orders: Sequence[Order]) -> list[int]: ...

    def states(self, connection: Connection, ids: Sequence[int]) -> Counter[str]:
        """How many of *ids* are todo, doing, failed, done or lost."""


class Ours:
    name = "ours"

    def prepare(self, dsn: str) -> None:
        migrate(dsn)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(EFFECTS)

    def command(self, queues: Mapping[str, int]) -> list[str]:
        return [sys.executable, "-m", "tests.faults.worker_main", json.dumps(dict(queues))]

    def enqueue(self, connection: Connection, orders: Sequence[Order]) -> list[int]:
        jobs = [
            {
                "name": f"faults:{order.kind}",
                "queue": order.queue,
                "args": {"organization_id": order.organization, **order.args},
                "organization_id": order.organization,
                "priority": order.priority or None,
                "lock": order.lock,
                "queueing_lock": order.queueing_lock,
                "delay": order.delay or None,
                "cost": order.cost,
                "limit_key": order.limit_key,
            }
            for order in orders
        ]
        rows = connection.execute(statement("enqueue_jobs"), {"jobs": json.dumps(jobs)}).fetchall()
        return [row[0] for row in rows]

    def states(self, connection: Connection, ids: Sequence[int]) -> Counter[str]:
        rows = connection.execute(
            """
            SELECT coalesce(j.status::text, CASE WHEN r.job_id IS NOT NULL THEN 'done' ELSE 'lost' END), count(*)
              FROM unnest(%s::bigint[]) AS wanted(id) LEFT JOIN procrastinate_jobs j USING (id)
              LEFT JOIN LATERAL (SELECT job_id FROM advisorjobs_runs r WHERE r.job_id = wanted.id AND r.final LIMIT 1) r
                     ON j.id IS NULL
             GROUP BY 1""",
            [list(ids)],
        ).fetchall()
        return Counter(dict(rows))


class Stock:
    """procrastinate's own worker, with the periodic task for stalled jobs that its documentation recommends."""

    name = "stock"

    def prepare(self, dsn: str) -> None:
        schema = (resources.files("procrastinate") / "sql" / "schema.sql").read_text()
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(schema)  # type: ignore[arg-type]
            connection.execute(EFFECTS)

    def command(self, queues: Mapping[str, int]) -> list[str]:
        return [sys.executable, "-m", "tests.faults.stock_main", json.dumps(dict(queues))]

    def enqueue(self, connection: Connection, orders: Sequence[Order]) -> list[int]:
        rows = connection.execute(
            """
            INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
            SELECT queue, 'faults:' || kind, priority, lock, queueing_lock, args,
                   CASE WHEN delay > 0 THEN now() + make_interval(secs => delay) END
              FROM jsonb_to_recordset(%s) AS r(kind text, queue text, priority integer, lock text, queueing_lock text,
                   args jsonb, delay double precision)
            RETURNING id""",
            [json.dumps([asdict(order) for order in orders])],
        ).fetchall()
        return [row[0] for row in rows]

    def states(self, connection: Connection, ids: Sequence[int]) -> Counter[str]:
        rows = connection.execute(
            """
            SELECT CASE coalesce(status::text, 'lost') WHEN 'succeeded' THEN 'done' WHEN 'aborted' THEN 'lost'
                   ELSE coalesce(status::text, 'lost') END, count(*)
              FROM unnest(%s::bigint[]) AS wanted(id) LEFT JOIN procrastinate_jobs USING (id) GROUP BY 1""",
            [list(ids)],
        ).fetchall()
        return Counter(dict(rows))
