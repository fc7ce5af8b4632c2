"""Eras of the ready index: claims stay short while a transaction keeps dead entries from being cleaned, and no job is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from advisorjobs.database.statement import statement
from tests.fixtures.desk import Desk
from tests.fixtures.waiting import wait_for


@contextmanager
def held_transaction(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A transaction that has written something and stays open."""
    with psycopg.connect(dsn) as connection:
        connection.execute("INSERT INTO job_types (name, queue, fields) VALUES ('not:committed', 'critical', '{}')")
        yield connection


def wear(desk: Desk, jobs: int = 1200, **fields: Any) -> None:
    """Leaves that many dead entries at the front of the ready index."""
    desk.enqueue(jobs, **fields)
    while taken := desk.claim(free=200):
        desk.complete(*taken)


def era(desk: Desk) -> int:
    return int(desk.one("SELECT last_value FROM advisorjobs_eras"))


def dead(desk: Desk) -> int:
    return int(desk.one("SELECT advisorjobs_dead_entries(%s)", era(desk)))


def past(desk: Desk) -> list[tuple[int, int]]:
    rows = desk.rows("SELECT era, upto FROM advisorjobs_past_eras ORDER BY era")
    return [(row["era"], row["upto"]) for row in rows]


def forgotten(desk: Desk) -> bool:
    """Whether no past era is looked after any more. Transactions of other databases of the server count as writers too."""
    desk.run("keep_era")
    return past(desk) == []


def a_second_later(desk: Desk) -> None:
    desk.connection.execute("UPDATE advisorjobs_past_eras SET ended_at = ended_at - interval '2 seconds'")
    desk.run("keep_era")


def test_dead_entries_that_can_not_be_cleaned_are_left_behind_with_the_era(database: str, desk: Desk) -> None:
    with held_transaction(database):
        wear(desk)
        waiting = desk.enqueue(3)
        assert dead(desk) > 1000

        assert desk.run("keep_era") == 3
        assert dead(desk) < 10
        assert [job.id for job in desk.claim()] == waiting


def test_without_a_held_transaction_the_era_stays(desk: Desk) -> None:
    wear(desk)
    wait_for(lambda: desk.claim() == [] and dead(desk) < 1000, "claims to mark what is dead")

    assert desk.run("keep_era") == 0
    assert era(desk) == 1


def test_a_claim_reads_as_few_pages_after_many_dead_jobs_as_before(database: str, desk: Desk) -> None:
    def pages() -> int:
        desk.enqueue(10)
        params = (desk.worker, desk.token, ["critical"], [10], list(desk.names), [None], [0])
        sql = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM advisorjobs_claim_jobs(%s, %s, %s, %s, %s, true, %s, %s)"
        (plan,) = desk.rows(sql, *params)[0].values()
        return int(plan[0]["Plan"]["Shared Hit Blocks"]) + int(plan[0]["Plan"]["Shared Read Blocks"])

    pages()
    before = pages()
    with held_transaction(database):
        for _ in range(4):
            wear(desk, 1500)
            desk.run("keep_era")
        assert pages() < before + 200


@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_a_job_that_is_committed_after_its_era_ended_is_found(database: str, desk: Desk, ending: str) -> None:
    with psycopg.connect(database) as late:
        jobs = json.dumps([{"name": "test:work", "queue": "critical", "args": {}}])
        (row,) = late.execute(statement("enqueue_jobs"), {"jobs": jobs}).fetchall()
        wear(desk)
        desk.run("keep_era")
        a_second_later(desk)
        assert past(desk) == [(1, 1)]
        getattr(late, ending)()

    assert desk.run("keep_era") == (1 if ending == "commit" else 0)
    assert [job.id for job in desk.claim()] == ([row[0]] if ending == "commit" else [])
    wait_for(lambda: forgotten(desk), "the end of the past era")


def test_a_job_whose_claim_is_rolled_back_after_its_era_ended_is_found(database: str, desk: Desk) -> None:
    with held_transaction(database), psycopg.connect(database) as other:
        wear(desk)
        (waiting,) = desk.enqueue()
        other.execute("SELECT FROM procrastinate_jobs WHERE id = %s FOR NO KEY UPDATE", [waiting])
        desk.run("keep_era")
        a_second_later(desk)
        assert (era(desk), desk.claim()) == (2, [])
        other.rollback()

        assert desk.run("keep_era") == 1
        assert [job.id for job in desk.claim()] == [waiting]


def test_eras_of_the_same_writers_are_one_row_and_gone_after_the_last_of_them(database: str, desk: Desk) -> None:
    with held_transaction(database) as holder:
        for _ in range(3):
            wear(desk)
            desk.run("keep_era")
        a_second_later(desk)
        assert past(desk) == [(1, 3)]
        holder.rollback()
    desk.run("keep_era")
    wait_for(lambda: forgotten(desk), "the end of the past era")


def test_a_job_that_is_retried_in_a_later_era_is_of_that_era(database: str, desk: Desk) -> None:
    desk.enqueue()
    (running,) = desk.claim()
    with held_transaction(database):
        wear(desk)
        desk.run("keep_era")
        desk.settle(running, status="retrying", final=False)

        assert [job.id for job in desk.claim()] == [running.id]
    assert era(desk) == 2


def test_a_job_that_is_due_in_a_later_era_is_of_that_era(database: str, desk: Desk) -> None:
    (later,) = desk.enqueue(delay=3600)
    with held_transaction(database):
        wear(desk)
        desk.run("keep_era")
        desk.connection.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")

        assert [job.id for job in desk.claim()] == [later]
    assert era(desk) == 2


def test_a_job_behind_a_lock_whose_turn_comes_in_a_later_era_is_of_that_era(database: str, desk: Desk) -> None:
    (_, behind) = desk.enqueue(2, lock="client-1")
    (running,) = desk.claim()
    with held_transaction(database):
        wear(desk)
        desk.run("keep_era")
        desk.complete(running)

        assert [job.id for job in desk.claim()] == [behind]
    assert era(desk) == 2


def test_a_job_of_an_unknown_name_that_is_known_in_a_later_era_is_of_that_era(
    database: str, desk: Desk, other_desk: Desk
) -> None:
    (strange,) = desk.enqueue(name="test:new")
    assert desk.claim() == []
    with held_transaction(database):
        wear(desk)
        desk.run("keep_era")
        other_desk.names = ("test:new",)

        assert [job.id for job in other_desk.claim(look_aside=True)] == [strange]
    assert era(desk) == 2


def test_a_deep_backlog_is_not_moved_for_few_dead_entries(database: str, desk: Desk) -> None:
    with held_transaction(database):
        wear(desk)
        desk.enqueue(900)
        assert desk.run("keep_era") == 0
    assert era(desk) == 1


def test_waiting_jobs_of_an_era_that_the_sequence_forgot_are_gathered(desk: Desk) -> None:
    ids = desk.enqueue(3)
    desk.connection.execute("SELECT setval('advisorjobs_eras', 7)")
    assert desk.claim() == []

    assert desk.run("gather_eras") == 3
    assert [job.id for job in desk.claim()] == ids
