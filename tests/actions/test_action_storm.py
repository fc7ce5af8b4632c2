"""Claims and ends beside promotions, priorities, cancellations and their undoing, on the same jobs and locks, all at once."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import psycopg
import pytest

from advisorjobs.actions.actions import Actions
from advisorjobs.errors import ActionRefused
from tests.fixtures.counted import counted, kept
from tests.fixtures.deeds import Somebody
from tests.fixtures.desk import Desk

ROUNDS = 40
LOCKS = 4


def enqueue(desk: Desk, dice: random.Random) -> None:
    for _ in range(3):
        lock = f"client-{dice.randrange(LOCKS)}"
        desk.enqueue(lock=lock, priority=-dice.randint(1, 9), delay=dice.choice([None, None, 3600]))


def work(desk: Desk, dice: random.Random) -> None:
    for job in desk.claim(free=4):
        if dice.random() < 0.7:
            desk.complete(job)
        else:
            desk.settle(job, status="failed", final=True, error_code="network")


def meddle(actions: Actions, desk: Desk, dice: random.Random) -> None:
    newest = desk.one("SELECT coalesce(max(id), 1) FROM procrastinate_jobs")
    some = [dice.randint(max(1, newest - 25), newest) for _ in range(6)]
    do = actions.sync
    match dice.randrange(5):
        case 0:
            change = do.promote_job(some[0])
        case 1:
            change = do.change_priority(some[0], dice.randint(1, 9))
        case 2:
            change = do.cancel_job(some[0]) if dice.random() < 0.3 else do.retry_job(some[0])
        case _:
            what = dice.choice(["promote", "priority", "retry"])
            number = do.propose(what, jobs=some, priority=dice.randint(1, 9) if what == "priority" else None)
            do.confirm(number)
            return
    if change.audit_id is not None and dice.random() < 0.5:
        try:
            do.undo(change.audit_id)
        except ActionRefused:
            return  # it has started, or is none that can be undone


def test_nothing_is_lost_and_nobody_waits_in_a_circle(
    database: str, somebody: Somebody, connection: psycopg.Connection[object], desk: Desk
) -> None:
    failures: list[BaseException] = []
    actions = somebody()

    def client(number: int) -> None:
        dice, own = random.Random(number), Desk(database)
        turns: list[Callable[[], None]] = [
            lambda: enqueue(own, dice), lambda: work(own, dice), lambda: meddle(actions, own, dice),
        ]  # fmt: skip
        try:
            for _ in range(ROUNDS):
                dice.choice(turns if number else turns[:2])()
        except BaseException as error:
            failures.append(error)
        finally:
            own.close()

    threads = [threading.Thread(target=client, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if failures:
        pytest.fail(f"{type(failures[0]).__name__}: {failures[0]}")
    assert kept(connection) == counted(connection)
    desk.one(
        "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE scheduled_at IS NOT NULL AND status = 'todo' RETURNING 1"
    )
    while jobs := desk.claim(free=20):
        assert len({job.lock for job in jobs}) == len(jobs)
        desk.complete(*jobs)
    assert desk.one("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'") == 0
    assert kept(connection) == counted(connection)
