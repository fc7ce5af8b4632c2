"""Leases and rescue: what a silent worker held comes back, and the worker itself can no longer write."""

from __future__ import annotations

import uuid

from tests.fixtures.desk import Desk


def test_what_a_dead_worker_held_comes_back_as_a_suspect_with_its_attempt(desk: Desk, other_desk: Desk) -> None:
    ids = desk.enqueue(3)
    desk.claim()
    desk.die()

    assert other_desk.run("rescue") == 3
    jobs = other_desk.claim()
    assert [(job.id, job.attempt, job.run_no, job.suspect) for job in jobs] == [(i, 1, 2, True) for i in ids]
    assert other_desk.rows("SELECT DISTINCT status, error_code FROM job_executions WHERE status <> 'running'") == [
        {"status": "crashed", "error_code": "crashed"}
    ]


def test_a_worker_that_was_given_up_writes_nothing_any_more(desk: Desk, other_desk: Desk) -> None:
    desk.enqueue()
    (stale,) = desk.claim()
    desk.die()
    other_desk.run("rescue")
    (fresh,) = other_desk.claim()

    assert desk.complete(stale) == []
    assert desk.settle(stale, status="retrying", final=False) == []
    assert desk.beat(stale.token)[0] is False
    assert other_desk.complete(fresh) == [fresh.id]


def test_a_living_worker_keeps_what_it_holds(desk: Desk, other_desk: Desk) -> None:
    desk.enqueue()
    (job,) = desk.claim()

    assert other_desk.run("rescue") == 0
    assert desk.beat(job.token) == (True, None, [])
    assert desk.complete(job) == [job.id]


def test_a_suspect_that_was_returned_ten_times_fails_as_crashed(database: str, desk: Desk) -> None:
    desk.enqueue()
    for _ in range(10):
        victim = Desk(database)
        (job,) = victim.claim()
        victim.die()
        victim.close()
        assert job.attempt == 1
        desk.run("rescue")

    assert desk.one("SELECT status FROM procrastinate_jobs") == "failed"
    assert desk.rows("SELECT status, error_code FROM job_executions ORDER BY run_number DESC LIMIT 1") == [
        {"status": "crashed", "error_code": "crashed"}
    ]


def test_a_run_that_ends_in_order_clears_the_suspicion(desk: Desk, other_desk: Desk) -> None:
    desk.enqueue()
    desk.claim()
    desk.die()
    other_desk.run("rescue")
    (suspect,) = other_desk.claim()
    other_desk.settle(suspect, status="retrying", final=False)

    (again,) = other_desk.claim()
    assert not again.suspect


def test_a_line_goes_on_whose_first_job_was_deleted_by_hand(desk: Desk) -> None:
    (first,) = desk.enqueue(lock="one at a time", queue="emails")
    second, third = desk.enqueue(2, lock="one at a time")
    assert desk.claim() == []
    desk.connection.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [first])
    assert desk.claim() == []

    assert desk.run("revive_lines") == 1
    (job,) = desk.claim()
    assert job.id == second
    assert desk.run("revive_lines") == 0
    assert desk.complete(job) == [second]
    assert [job.id for job in desk.claim()] == [third]


def test_history_that_came_before_its_months_partition_moves_there(desk: Desk) -> None:
    for row in desk.rows("SELECT relname FROM pg_class WHERE relname ~ '^advisorjobs_runs_2' AND relkind = 'r'"):
        desk.connection.execute(f"DROP TABLE {row['relname']}".encode())
    desk.enqueue()
    desk.complete(*desk.claim())
    assert desk.one("SELECT count(*) FROM advisorjobs_runs_default") == 1

    desk.run("create_partitions")
    assert desk.one("SELECT count(*) FROM advisorjobs_runs_default") == 0
    assert desk.one("SELECT count(*) FROM advisorjobs_runs") == 1
    assert desk.one("SELECT count(*) FROM pg_inherits WHERE inhparent = 'advisorjobs_runs'::regclass") == 4


def test_a_released_suspect_is_still_one(desk: Desk, other_desk: Desk) -> None:
    desk.enqueue()
    desk.claim()
    desk.die()
    other_desk.run("rescue")
    other_desk.settle(*other_desk.claim(), status="released", final=False, attempt_back=True)

    (again,) = other_desk.claim()
    assert again.suspect


def test_the_second_heartbeat_gives_back_what_an_unanswered_claim_took(desk: Desk) -> None:
    """Not the first: a claim that was sent after the heartbeat's list was made may be committed before it looks."""
    ids = desk.enqueue(2)
    (known,) = desk.claim(free=1)
    (unknown,) = desk.claim(free=1)

    assert desk.beat(known.token) == (True, None, [])
    assert desk.beat(known.token) == (True, [unknown.id], [])
    (again,) = desk.claim()
    assert (again.id, again.attempt, again.suspect) == (ids[1], 1, False)
    assert desk.complete(known) == [known.id]


def test_a_heartbeat_names_running_jobs_that_are_to_be_cancelled(desk: Desk) -> None:
    (job_id,) = desk.enqueue()
    (job,) = desk.claim()
    desk.connection.execute("UPDATE procrastinate_jobs SET abort_requested = true")

    assert desk.beat(job.token) == (True, None, [job_id])


def test_a_lock_of_a_dead_worker_moves_on(desk: Desk, other_desk: Desk) -> None:
    ids = desk.enqueue(2, lock="key")
    desk.claim()
    desk.die()
    other_desk.run("rescue")

    (first,) = other_desk.claim()
    assert first.id == ids[0]
    other_desk.complete(first)
    assert [job.id for job in other_desk.claim()] == [ids[1]]


def test_jobs_that_run_for_nobody_are_found(desk: Desk) -> None:
    (job_id,) = desk.enqueue()
    desk.connection.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL")

    assert desk.run("rescue_orphans") == 1
    assert [job.id for job in desk.claim()] == [job_id]


def test_a_worker_that_leaves_gives_back_without_suspicion(desk: Desk, other_desk: Desk) -> None:
    (job_id,) = desk.enqueue()
    desk.claim()
    desk.run("leave", worker=desk.worker, token=desk.token)

    (job,) = other_desk.claim()
    assert (job.id, job.attempt, job.suspect) == (job_id, 1, False)


def test_a_stranger_cannot_give_back_what_it_does_not_hold(desk: Desk, other_desk: Desk) -> None:
    desk.enqueue()
    desk.claim()

    assert other_desk.run("hand_back", worker=desk.worker, token=uuid.uuid4().hex, but=[]) == 0
