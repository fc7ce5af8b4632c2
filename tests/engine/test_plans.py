"""The plan of every statement inside the engine's functions, pinned: as the session makes it, whatever the statistics say."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from ops.bench.backlog import Backlog
from tests.fixtures.desk import Desk
from tests.fixtures.plans import Plan, index_tables, plans_of, relation_names

Connection = psycopg.Connection[Any]
SMALL_TABLES = {"advisorjobs_tally_state", "advisorjobs_queues", "advisorjobs_workers"}
"""Which it is no harm to read whole: tests/engine/test_flat.py has what a worker's row costs."""

START = datetime(2026, 5, 1, 10, 13, tzinfo=UTC)

KINDS = (
    Backlog(),
    Backlog(lock="l"),
    Backlog(key="k"),
    Backlog(key="full"),
    Backlog(name="test:new"),
    Backlog(name="test:other", parked="unknown_job"),
    Backlog(priorities=3),
    Backlog(delay=-1),
    Backlog(delay=86_400),
)
RULES = """
    INSERT INTO advisorjobs_queues (name, priority) VALUES ('critical', 1), ('emails', 1) ON CONFLICT DO NOTHING;
    INSERT INTO advisorjobs_keys (key, running, rate, rate_window, wake_at)
    VALUES ('k', 1000, 100000, '1 minute', NULL), ('full', 1, NULL, NULL, now());
    INSERT INTO advisorjobs_organization_rules (organization_id, weight, rate, rate_window)
    VALUES ('org-00001', 2, 9, '1 minute');
    UPDATE procrastinate_jobs SET cost = 2 WHERE id % 50 = 0;
"""
PARTS = "SELECT inhrelid::regclass::text, inhparent::regclass::text FROM pg_inherits"
"""Of history and its indexes: a part -> the whole."""

LIMITS = """
    UPDATE advisorjobs_queues SET rate = 100000, rate_window = '1 minute', running = 100000, organization_rate = 100000,
                                  organization_rate_window = '1 minute', organization_running = 100000;
"""
USED = {
    "advisorjobs_admit": {"advisorjobs_doing_idx", "advisorjobs_organization_limits_idx", "advisorjobs_pauses_pkey"},
    "advisorjobs_admit_keys": {"advisorjobs_keys_pkey", "procrastinate_jobs_pkey"},
    "advisorjobs_admit_turns": {
        "advisorjobs_doing_idx",
        "advisorjobs_grants_pkey",
        "advisorjobs_organization_running_idx",
        "advisorjobs_organization_rules_pkey",
        "advisorjobs_pauses_pkey",
        "procrastinate_jobs_pkey",
    },
    "advisorjobs_afford": {"advisorjobs_organization_rules_pkey", "procrastinate_jobs_pkey"},
    "advisorjobs_bring_back": {"advisorjobs_unknown_idx", "procrastinate_jobs_pkey"},
    "advisorjobs_claim_jobs": {
        "advisorjobs_delayed_idx",
        "advisorjobs_keys_wake_idx",
        "advisorjobs_ready_idx",
        "procrastinate_jobs_pkey",
    },
    "advisorjobs_complete": {"procrastinate_jobs_pkey"},
    "advisorjobs_count_starts": {"advisorjobs_organization_rules_pkey", "procrastinate_jobs_pkey"},
    "advisorjobs_deal": {"advisorjobs_organization_rules_pkey"},
    "advisorjobs_drop_free_keys": {"advisorjobs_unique_keys_pkey", "procrastinate_jobs_pkey"},
    "advisorjobs_error_analysis": {"advisorjobs_runs_job_idx"},
    "advisorjobs_failures_between": {
        "advisorjobs_ended_writer_idx",
        "advisorjobs_error_tallies_pkey",
    },
    "advisorjobs_fold_tallies": {"advisorjobs_ended_writer_idx", "advisorjobs_runs_job_idx"},
    "advisorjobs_free_keys": {"advisorjobs_unique_keys_job_idx"},
    "advisorjobs_key_freed": {"advisorjobs_keys_pkey"},
    "advisorjobs_key_room": {"advisorjobs_key_doing_idx"},
    "advisorjobs_lap": {"advisorjobs_ready_idx"},
    "advisorjobs_lower_priority": {"advisorjobs_ready_idx"},
    "advisorjobs_next_due": {"advisorjobs_delayed_idx", "advisorjobs_keys_wake_idx"},
    "advisorjobs_next_turns": {"advisorjobs_lock_idx", "procrastinate_jobs_pkey"},
    "advisorjobs_park_behind_key": {"advisorjobs_key_idx", "advisorjobs_keys_pkey", "procrastinate_jobs_pkey"},
    "advisorjobs_park_strangers": {"advisorjobs_ready_idx", "procrastinate_jobs_pkey"},
    "advisorjobs_promote": {"advisorjobs_delayed_idx", "procrastinate_jobs_pkey"},
    "advisorjobs_rate_left": {"advisorjobs_grants_pkey"},
    "advisorjobs_recent_failures": {"advisorjobs_runs_failed_idx", "advisorjobs_runs_failed_organization_idx"},
    "advisorjobs_reconcile": {"advisorjobs_doing_idx"},
    "advisorjobs_rescue": {"advisorjobs_doing_idx"},
    "advisorjobs_rescue_orphans": {"advisorjobs_doing_idx"},
    "advisorjobs_revive_lines": {"advisorjobs_lock_idx", "procrastinate_jobs_lock_idx_v1", "procrastinate_jobs_pkey"},
    "advisorjobs_ring": {"advisorjobs_ready_idx"},
    "advisorjobs_roll": {"advisorjobs_worker_tallies_pkey"},
    "advisorjobs_roll_shares": {"advisorjobs_shares_pkey"},
    "advisorjobs_roll_up": {"advisorjobs_tallies_pkey", "advisorjobs_tallies_since_idx"},
    "advisorjobs_settle": {"procrastinate_jobs_pkey", "procrastinate_jobs_queueing_lock_idx_v1"},
    "advisorjobs_slow_jobs": {
        "advisorjobs_runs_finished_idx",
        "advisorjobs_runs_slow_idx",
        "advisorjobs_runs_slow_organization_idx",
    },
    "advisorjobs_take_keys": {"advisorjobs_unique_keys_pkey"},
    "advisorjobs_take_turns": {
        "advisorjobs_lock_idx",
        "advisorjobs_lock_ready_idx",
        "procrastinate_jobs_lock_idx_v1",
        "procrastinate_jobs_pkey",
    },
    "advisorjobs_tallied_failures": {"advisorjobs_runs_failed_idx", "advisorjobs_runs_failed_organization_idx"},
    "advisorjobs_tallied_history": {"advisorjobs_runs_finished_idx"},
    "advisorjobs_tallied_runs": {"advisorjobs_ended_writer_idx", "advisorjobs_runs_job_idx"},
    "advisorjobs_tallied_wholes": {"advisorjobs_tallies_pkey"},
    "advisorjobs_throughput": {"advisorjobs_tallies_pkey"},
    "advisorjobs_visit": {"advisorjobs_organization_weights_idx", "procrastinate_jobs_pkey"},
    "advisorjobs_wake_keys": {
        "advisorjobs_key_idx",
        "advisorjobs_keys_pkey",
        "advisorjobs_keys_wake_idx",
        "procrastinate_jobs_pkey",
    },
    "advisorjobs_walk": {"advisorjobs_ready_idx"},
}


def fill(connection: Connection, each: int) -> None:
    for kind in KINDS:
        kind.add(connection, each)


def never_analyzed(connection: Connection) -> None:
    fill(connection, 100)


def analyzed_empty(connection: Connection) -> None:
    connection.execute("ANALYZE")
    fill(connection, 100)


def analyzed_full(connection: Connection) -> None:
    fill(connection, 100)
    Backlog(queue="emails").add(connection, 20_000)
    connection.execute("ANALYZE")


def analyzed_full_and_emptied(connection: Connection) -> None:
    fill(connection, 2_000)
    connection.execute("ANALYZE")
    connection.execute("DELETE FROM procrastinate_jobs")
    fill(connection, 100)


def work(desk: Desk) -> None:
    """Goes through every function of the engine."""
    for limits in ("", LIMITS):
        desk.connection.execute(limits.encode() or b"SELECT 1")
        jobs = [job for _ in range(4) for job in desk.claim(free=60, look_aside=True, aged=6)]
        third = len(jobs) // 3
        assert third > 0
        desk.complete(*jobs[:third])
        desk.settle(*jobs[third : 2 * third], status="retrying", final=False, delay=1, close_for=0)
        desk.settle(*jobs[2 * third :], status="failed", final=True)
    jobs = [{"name": "test:work", "queue": "critical", "args": {}, "unique_key": f"{n}"} for n in range(20)]
    for _ in range(2):
        desk.run("enqueue_jobs", jobs=json.dumps(jobs))
    jobs = desk.claim(free=200)
    desk.complete(*jobs)
    desk.claim(free=5)
    desk.beat()
    desk.die()
    for name in ("rescue", "rescue_orphans", "revive_lines", "next_due"):
        desk.run(name)
    ask(desk)
    # a whole day is rolled up, at whatever time: from midnight to six there would be nothing
    desk.connection.execute("UPDATE advisorjobs_tally_state SET rolled_until = rolled_until - interval '24 hours'")
    desk.one("SELECT advisorjobs_fold_tallies(0)")
    ask(desk)


def ask(desk: Desk) -> None:
    """Asks for every statistic, of one organization and of all."""
    for organization in (None, "org-00001"):
        asked = {"organization_id": organization, "start": START, "end": START + timedelta(days=200, minutes=7)}
        for name in ("get_job_statistics", "get_performance_metrics"):
            desk.run(name, **asked)
        desk.run("get_error_analysis", **asked, most=100)
        desk.run("get_recent_failures", organization_id=organization, most=50)
        for threshold in (100, 60_000):
            desk.run("get_slow_jobs", threshold_ms=threshold, organization_id=organization, most=50)


def used(plans: list[Plan], connection: Connection) -> dict[str, set[str]]:
    """Function -> what it finds rows of a table that may be large by: an index, or a table that it reads whole."""
    names, tables = relation_names(connection), index_tables(connection)
    whole = dict(connection.execute(PARTS).fetchall())
    found = defaultdict(set)
    for plan in plans:
        scanned = {whole.get(name, name) for _, name in plan.scans(names) if tables.get(name, name) not in SMALL_TABLES}
        if scanned and plan.function:
            found[plan.function] |= scanned
    return dict(found)


@pytest.mark.parametrize("statistics", [never_analyzed, analyzed_empty, analyzed_full, analyzed_full_and_emptied])
def test_each_function_finds_its_rows_by_the_same_indexes(
    statistics: Callable[[Connection], None], database: str, connection: Connection
) -> None:
    statistics(connection)
    connection.execute(RULES.encode())
    desk = Desk(database)
    with plans_of(desk.connection) as plans:
        work(desk)
    desk.close()

    assert used(plans, connection) == USED
