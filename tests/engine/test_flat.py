"""The cost of the engine's statements does not depend on what waits, on what was, or on what the planner believes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from advisorjobs.database.statement import statement
from advisorjobs.engine.footprint import whereabouts
from ops.bench.backlog import Backlog
from tests.fixtures.desk import NAMES
from tests.fixtures.plans import Cost, cost_of

Connection = psycopg.Connection[Any]
SMALL, DEEP = 1_000, 30_000
AT_ONCE = 50
PLANNED = 6
"""Rounds after which a session's plans are made for good: until somebody runs ANALYZE."""
GROWTH = 1.5
SLACK = 150
"""Pages and entries: a level more of each index that is probed, and what a session reads of the catalog once."""

BEHIND_A_LOCK = Backlog(lock="l", prefix="a-", parked="lock")
BEHIND_A_KEY = Backlog(key="k", prefix="a-", parked="key")


def backlog(**kind: Any) -> Callable[[Connection, int], None]:
    return lambda connection, count: Backlog(**kind).add(connection, count)


def with_rules(sql: str, **kind: Any) -> Callable[[Connection, int], None]:
    def fill(connection: Connection, count: int) -> None:
        connection.execute(sql.encode())
        Backlog(**kind).add(connection, count)

    return fill


def behind(what: Backlog, sql: str = "SELECT 1", ready: Backlog | None = None) -> Callable[[Connection, int], None]:
    def fill(connection: Connection, count: int) -> None:
        connection.execute(sql.encode())
        what.add(connection, count)
        if count == SMALL:
            what.run_head(connection)
        if ready:
            ready.add(connection, 400)

    return fill


def rows(sql: str) -> Callable[[Connection, int], None]:
    return lambda connection, count: connection.execute(sql.encode(), {"count": count}) and None


ONE_RUNNING = "INSERT INTO advisorjobs_keys (key, running) VALUES ('k', 1) ON CONFLICT DO NOTHING"
CLOSED = "INSERT INTO advisorjobs_keys (key, closed_until) VALUES ('k', '2999-01-01') ON CONFLICT DO NOTHING"
QUEUE = "INSERT INTO advisorjobs_queues (name, priority) VALUES ('critical', 1) ON CONFLICT DO NOTHING;"
SITUATIONS: dict[str, Callable[[Connection, int], None]] = {
    "own backlog": backlog(),
    "own backlog in one turn": backlog(organizations=0),
    "own backlog over thousands of turns": backlog(organizations=5000),
    "own backlog over many priorities": backlog(priorities=500),
    "backlog of another queue": backlog(queue="emails"),
    "scheduled for later": backlog(delay=86_400),
    "behind a lock": behind(BEHIND_A_LOCK),
    "behind a lock, and more of it come": behind(BEHIND_A_LOCK, ready=Backlog(lock="l", prefix="a-")),
    "behind a key": behind(BEHIND_A_KEY, ONE_RUNNING),
    "behind a closed key": behind(BEHIND_A_KEY, CLOSED),
    "behind the queue's limit": with_rules(
        QUEUE + "UPDATE advisorjobs_queues SET running = 1, changed_at = now();"
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = 0 WHERE id = 1"
    ),
    "behind a limit for each organization": with_rules(
        QUEUE + "UPDATE advisorjobs_queues SET organization_rate = 1000000, organization_rate_window = '1 minute'"
    ),
    "behind an organization's limit": with_rules(
        "INSERT INTO advisorjobs_organization_rules (organization_id, running) VALUES ('a-00000', 1) ON CONFLICT DO NOTHING",
        prefix="a-",
        organizations=1,
    ),
    "behind an organization's pause": with_rules(
        "INSERT INTO advisorjobs_pauses (organization_id) VALUES ('a-00000') ON CONFLICT DO NOTHING",
        prefix="a-",
        organizations=1,
    ),
    "behind the queue's pause": with_rules(
        "INSERT INTO advisorjobs_pauses (queue) VALUES ('critical') ON CONFLICT DO NOTHING"
    ),
    "unknown names at the head": backlog(name="test:new", prefix="a-", organizations=1),
    "unknown names, put aside": backlog(name="test:new", parked="unknown_job"),
    "weights of other organizations": rows(
        "INSERT INTO advisorjobs_organization_rules (organization_id, weight)"
        " SELECT 'z-' || n || '-' || %(count)s, 2 FROM generate_series(1, %(count)s) AS n"
    ),
    "limits of other organizations": rows(
        "INSERT INTO advisorjobs_organization_rules (organization_id, rate, rate_window)"
        " SELECT 'z-' || n || '-' || %(count)s, 2, '1 minute' FROM generate_series(1, %(count)s) AS n"
    ),
    "pauses of other queues": rows(
        "INSERT INTO advisorjobs_pauses (queue, organization_id)"
        " SELECT 'other', 'z-' || n || '-' || %(count)s FROM generate_series(1, %(count)s) AS n"
    ),
    "workers that have left": rows(
        "INSERT INTO advisorjobs_workers (token, name, queues, slots, job_names, lease, expires_at, stopped_at)"
        " SELECT gen_random_uuid(), 'w', '{}', '{}', '{}', '1 minute', now(), now() - interval '1 day'"
        "   FROM generate_series(1, %(count)s)"
    ),
    "idempotency keys": rows(
        "INSERT INTO advisorjobs_unique_keys (organization_id, job_name, key, job_id)"
        " SELECT '', 'test:work', n || '-' || %(count)s, n FROM generate_series(1, %(count)s) AS n"
    ),
    "history": rows(
        "INSERT INTO advisorjobs_runs (job_id, run_no, attempt, final, status, queued_at, queue_name, job_name)"
        " SELECT n, 1, 1, true, 'completed', now(), 'critical', 'test:work' FROM generate_series(1, %(count)s) AS n"
    ),
}


@contextmanager
def session(dsn: str, rounds: int = 1) -> Iterator[Callable[[], dict[str, Cost]]]:
    """A worker's session; called, it tells what each statement reads. The situation stays as it was."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        worker = connection.execute(
            statement("register_worker"),
            {
                "token": uuid.uuid4().hex,
                "name": "w",
                "queues": ["critical"],
                "slots": [AT_ONCE],
                "names": list(NAMES),
                "lease": 60.0,
                **whereabouts(),
            },
        ).fetchone()
        assert worker is not None
        for _ in range(rounds):
            round_of(connection, worker[0])
        yield lambda: round_of(connection, worker[0])


def round_of(connection: Connection, worker: int) -> dict[str, Cost]:
    token = uuid.uuid4().hex
    with connection.transaction(force_rollback=True):
        claim = {
            "worker": worker,
            "token": token,
            "queues": ["critical"],
            "free": [AT_ONCE],
            "names": list(NAMES),
            "look_aside": True,
            "cursors": [None],
            "aged": [5],
        }
        found = {"claim": cost_of(connection, statement("claim_jobs"), claim)}
        taken = connection.execute(
            "SELECT id, run_no FROM procrastinate_jobs WHERE run_token = %s ORDER BY id", [token]
        ).fetchall()
        done, back = taken[::2], taken[1::2]
        found["complete"] = cost_of(connection, statement("complete_runs"), completion(done, token))
        found["settle"] = cost_of(connection, statement("settle_runs"), settlement(back, token))
        jobs = [{"name": "test:work", "queue": "critical", "args": {}, "unique_key": f"{n}"} for n in range(AT_ONCE)]
        found["enqueue"] = cost_of(connection, statement("enqueue_jobs"), {"jobs": json.dumps(jobs)})
        for name in ("next_due", "rescue", "rescue_orphans", "revive_lines"):
            found[name] = cost_of(connection, statement(name))
        found["get_queue_stats"] = cost_of(connection, statement("get_queue_stats"), {"queue": None})
    return found


def completion(runs: list[tuple[int, int]], token: str) -> dict[str, Any]:
    return {
        "ids": [run[0] for run in runs],
        "run_nos": [run[1] for run in runs],
        "tokens": [token] * len(runs),
        "run_ms": [1] * len(runs),
        "results": ["null"] * len(runs),
        "locks": None,
        "patience": None,
    }


def settlement(runs: list[tuple[int, int]], token: str) -> dict[str, Any]:
    retried = [
        {"id": job_id, "run_no": run_no, "token": token, "status": "retrying", "final": False}
        for job_id, run_no in runs
    ]
    return {"runs": json.dumps(retried), "patience": None}


def grown(before: dict[str, Cost], after: dict[str, Cost]) -> list[str]:
    """What is read noticeably more than before: the statement, and pages or an index."""
    found = []
    for name, cost in after.items():
        pairs = {"pages": (before[name].pages, cost.pages)}
        pairs |= {index: (before[name].entries.get(index, 0), read) for index, read in cost.entries.items()}
        found += [f"{name}: {what} {a} -> {b}" for what, (a, b) in pairs.items() if b > a * GROWTH + SLACK]
    return found


@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_a_statement_reads_is_the_same_at_any_depth(situation: str, database: str, connection: Connection) -> None:
    connection.execute("ANALYZE")
    with session(database, PLANNED) as long_running:
        Backlog(prefix="ordinary-").add(connection, 500)
        SITUATIONS[situation](connection, SMALL)
        long_running()  # what a round leaves behind, rolled back, is there before each that counts
        small = long_running()
        SITUATIONS[situation](connection, DEEP)
        with session(database) as fresh:
            assert grown(small, long_running()) == []
            connection.execute("VACUUM procrastinate_jobs")
            assert grown(small, fresh()) == []
    connection.execute("VACUUM ANALYZE")
    with session(database) as knowing:
        assert grown(small, knowing()) == []
