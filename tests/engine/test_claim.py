"""The claim, statement by statement: who gets what, in which order, and what a claim never reads."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.fixtures.desk import Desk


def test_a_claim_takes_by_priority_and_then_in_order_of_arrival(desk: Desk) -> None:
    late = desk.enqueue(priority=-3)
    first = desk.enqueue(2, priority=-1)

    assert [job.id for job in desk.claim()] == [*first, *late]


def test_a_claim_takes_no_more_than_it_was_asked_for(desk: Desk) -> None:
    ids = desk.enqueue(5)

    assert [job.id for job in desk.claim(free=3)] == ids[:3]


def test_a_claim_counts_the_attempt_and_the_run_and_marks_the_job(desk: Desk) -> None:
    (job_id,) = desk.enqueue()
    (job,) = desk.claim()

    assert (job.id, job.attempt, job.run_no) == (job_id, 1, 1)
    (row,) = desk.rows("SELECT status, worker_id, run_token FROM procrastinate_jobs")
    assert (row["status"], row["worker_id"], row["run_token"].hex) == ("doing", desk.worker, job.token)
    (execution,) = desk.rows("SELECT status, run_number FROM job_executions")
    assert execution == {"status": "running", "run_number": 1}


def test_two_claims_at_once_never_take_the_same_job(database: str, desk: Desk) -> None:
    ids = desk.enqueue(300)
    desks = [Desk(database) for _ in range(4)]

    def drain(one: Desk) -> list[int]:
        taken: list[int] = []
        while jobs := one.claim(free=7):
            taken += [job.id for job in jobs]
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [job_id for part in pool.map(drain, desks) for job_id in part]
    for one in desks:
        one.close()
    assert sorted(taken) == ids


def test_a_job_for_later_is_taken_when_it_is_due(desk: Desk) -> None:
    (later,) = desk.enqueue(delay=3600)
    assert desk.claim() == []
    assert 3590 < desk.run("next_due") <= 3600

    desk.connection.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
    assert [job.id for job in desk.claim()] == [later]


def test_a_worker_whose_lease_ran_out_gets_nothing(desk: Desk) -> None:
    desk.enqueue()
    desk.die()

    with pytest.raises(psycopg.Error) as refused:
        desk.claim()
    assert refused.value.sqlstate == "AJ001"


def test_jobs_of_an_unknown_name_are_set_aside_once_and_taken_by_a_worker_that_knows_them(
    desk: Desk, other_desk: Desk
) -> None:
    strange = desk.enqueue(500, name="test:new")
    (known,) = desk.enqueue()

    assert [job.id for job in desk.claim()] == [known]
    assert desk.one("SELECT count(*) FROM procrastinate_jobs WHERE parked = 'unknown_job'") == 500

    other_desk.names = ("test:new",)
    assert [job.id for job in other_desk.claim(free=3, look_aside=True)] == strange[:3]
    assert desk.claim(look_aside=True) == []
    assert desk.one("SELECT count(*) FROM procrastinate_jobs WHERE parked = 'unknown_job'") == 497


def test_a_claim_sets_a_bounded_number_aside_and_asks_to_come_again_at_once(desk: Desk) -> None:
    desk.enqueue(2400, name="test:new")
    (known,) = desk.enqueue()

    assert desk.claim() == []
    assert desk.one("SELECT count(*) FROM procrastinate_jobs WHERE parked = 'unknown_job'") == 900
    assert desk.visits[0].opens_in == 0
    assert [job.id for _ in range(2) for job in desk.claim()] == [known]
    assert desk.visits[0].opens_in is None


def test_jobs_of_an_unknown_name_are_set_aside_wherever_they_lie_among_the_turns(desk: Desk) -> None:
    desk.enqueue(1000, organization_id="a")
    desk.enqueue(300, organization_id="b", name="test:new")

    desk.claim()

    assert desk.one("SELECT count(*) FROM procrastinate_jobs WHERE parked = 'unknown_job'") == 300


def test_of_one_lock_only_the_first_runs_and_the_others_follow_in_order(desk: Desk) -> None:
    ids = desk.enqueue(3, lock="client-1")
    (free,) = desk.enqueue()

    (first, other) = desk.claim()
    assert [first.id, other.id] == [ids[0], free]
    assert desk.claim() == []
    desk.complete(first)
    (second,) = desk.claim()
    assert second.id == ids[1]
    desk.settle(second, status="failed", final=True)
    assert [job.id for job in desk.claim()] == [ids[2]]


def test_a_job_of_higher_priority_overtakes_those_that_wait_for_the_lock(desk: Desk) -> None:
    ids = desk.enqueue(2, lock="client-1", priority=-3)
    (first,) = desk.claim()
    (urgent,) = desk.enqueue(lock="client-1", priority=-1)

    assert desk.claim() == []
    desk.complete(first)
    (next_one,) = desk.claim()
    assert (first.id, next_one.id) == (ids[0], urgent)


def test_a_job_for_later_does_not_hold_up_its_lock(desk: Desk) -> None:
    (first,) = [*desk.enqueue(lock="client-1")] and desk.claim()
    (ready,) = desk.enqueue(lock="client-1")
    desk.settle(first, status="retrying", final=False, delay=3600)

    assert [job.id for job in desk.claim()] == [ready]


def test_locks_hold_and_keep_their_order_under_many_workers(database: str, desk: Desk) -> None:
    for key in range(5):
        desk.enqueue(40, lock=f"key-{key}")
    desks = [Desk(database) for _ in range(6)]
    order: list[tuple[str | None, int]] = []

    def work(one: Desk) -> None:
        while one.one("SELECT count(*) FROM procrastinate_jobs"):
            for job in one.claim(free=4):
                order.append((job.lock, job.id))
                one.complete(job)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, desks))
    for one in desks:
        one.close()
    for key in range(5):
        ids = [job_id for lock, job_id in order if lock == f"key-{key}"]
        assert ids == sorted(ids)
    assert len(order) == 200


def plan_of(desk: Desk, sql: str, *params: Any) -> list[dict[str, Any]]:
    """All nodes of the plan of *sql*, under the claim's planner settings."""
    with desk.connection.transaction():
        for setting in ("seqscan", "sort", "bitmapscan", "hashjoin", "mergejoin"):
            desk.connection.execute(f"SET LOCAL enable_{setting} = off".encode())
        (plan,) = desk.rows("EXPLAIN (ANALYZE, FORMAT JSON) " + sql, *params)[0].values()

    def nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
        return [node, *(inner for child in node.get("Plans", ()) for inner in nodes(child))]

    return nodes(plan[0]["Plan"])


READY = """
SELECT id FROM procrastinate_jobs WHERE queue_name = 'critical' AND status = 'todo' AND scheduled_at IS NULL AND parked IS NULL
 ORDER BY priority DESC, turn, id LIMIT 10 FOR NO KEY UPDATE SKIP LOCKED"""


def fill_deep(desk: Desk, count: int) -> None:
    """Other queues' jobs, jobs for tomorrow, jobs behind a key and jobs of an unknown name, *count* of each."""
    desk.connection.execute(
        """
        INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, scheduled_at, parked, lock)
        SELECT (ARRAY['emails', 'critical', 'critical', 'critical'])[kind],
               (ARRAY['test:work', 'test:work', 'test:work', 'strange'])[kind], -1, '{}',
               CASE kind WHEN 2 THEN now() + interval '1 day' END,
               (ARRAY[NULL, NULL, 'lock', 'unknown_job'])[kind]::advisorjobs_parking, CASE kind WHEN 3 THEN 'key' END
          FROM generate_series(1, 4) AS kind, generate_series(1, %s)""",
        [count],
    )


@pytest.mark.parametrize("analyzed", [False, True], ids=["without statistics", "with statistics"])
def test_a_claim_reads_only_what_it_takes_however_deep_the_rest_is(desk: Desk, analyzed: bool) -> None:
    desk.connection.execute("ALTER TABLE procrastinate_jobs SET (autovacuum_enabled = off)")
    fill_deep(desk, 5000)
    ids = desk.enqueue(3)
    if analyzed:
        desk.connection.execute("ANALYZE procrastinate_jobs")

    nodes = plan_of(desk, READY)
    (scan,) = [node for node in nodes if "Index Name" in node]
    assert scan["Index Name"] == "advisorjobs_ready_idx"
    assert scan["Actual Rows"] == 3
    assert scan.get("Rows Removed by Filter", 0) == 0
    assert [job.id for job in desk.claim()] == ids


def test_a_claim_touches_few_pages_at_depth(desk: Desk) -> None:
    """Buffers of the whole function, so that no statement inside it walks a backlog."""

    def pages() -> int:
        desk.enqueue(10)
        claim = "advisorjobs_claim_jobs(%s, %s, %s, %s, %s, true, %s::text[], '{0}')"
        sql = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM {claim}"
        (plan,) = desk.rows(sql, desk.worker, desk.token, ["critical"], [10], list(desk.names), [None])[0].values()
        return int(plan[0]["Plan"]["Shared Hit Blocks"]) + int(plan[0]["Plan"]["Shared Read Blocks"])

    pages()
    shallow = pages()
    fill_deep(desk, 20_000)
    deep = pages()
    assert deep < shallow + 150, json.dumps({"shallow": shallow, "deep": deep})
