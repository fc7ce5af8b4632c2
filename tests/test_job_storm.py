"""Claims, ends, cancellations, retries and procrastinate's own calls on the same jobs, locks and keys, all at once."""

import random
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from tests.fixtures.desk import Desk

ROUNDS = 120
CLIENTS = 5
STOCK = (
    "SELECT procrastinate_cancel_job_v1(%s, true, false)",
    "SELECT procrastinate_finish_job_v1(%s, 'failed', false)",
    "SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)",
    "SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)",
)


def enqueue(desk: Desk, dice: random.Random) -> None:
    for _ in range(3):
        n = dice.randrange(CLIENTS)
        desk.enqueue(lock=f"client-{n}", unique_key=dice.choice([None, f"key-{n}"]), priority=-dice.randint(1, 3))


def work(desk: Desk, dice: random.Random) -> None:
    claimed = desk.claim(free=6)
    assert len({job.lock for job in claimed}) == len(claimed)
    good = [job for job in claimed if dice.random() < 0.5]
    desk.complete(*good)
    for job in claimed:
        if job not in good:
            status = dice.choice(["retrying", "failed"])
            desk.settle(job, status=status, final=status == "failed", delay=0)


def meddle(desk: Desk, dice: random.Random) -> None:
    newest = desk.one("SELECT coalesce(max(id), 1) FROM procrastinate_jobs") or 1
    job_id = dice.randint(max(1, newest - 30), newest)
    desk.one("SELECT cancel_job(%s)" if dice.random() < 0.5 else "SELECT retry_job(%s)", job_id)


def meddle_as_procrastinate(desk: Desk, dice: random.Random) -> None:
    newest = desk.one("SELECT coalesce(max(id), 1) FROM procrastinate_jobs") or 1
    try:
        desk.one(dice.choice(STOCK), dice.randint(max(1, newest - 30), newest))
    except psycopg.errors.RaiseException:
        return  # there was no such job, or it was in no state for that


def run_all(app: App, parts: list[Callable[[Desk, random.Random], None]]) -> list[BaseException]:
    errors: list[BaseException] = []

    def run(desk: Desk, part: Callable[[Desk, random.Random], None], dice: random.Random) -> None:
        try:
            for _ in range(ROUNDS):
                part(desk, dice)
        except BaseException as error:
            errors.append(error)

    with ExitStack() as stack:
        threads = []
        for seed, part in enumerate(parts):
            desk = Desk(app.dsn)
            stack.callback(desk.close)
            threads.append(threading.Thread(target=run, args=(desk, part, random.Random(seed))))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return errors


@pytest.mark.slow
def test_nothing_deadlocks_and_every_job_ends_once(app: App, desk: Desk, connection: psycopg.Connection[Any]) -> None:
    assert run_all(app, [enqueue, enqueue, work, work, meddle, meddle_as_procrastinate]) == []
    connection.execute("SELECT retry_failed_jobs('critical')")
    while claimed := desk.claim(free=100):
        desk.complete(*claimed)
    left = connection.execute("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1").fetchall()
    assert {status for status, _ in left} <= {"failed"}  # those whose unique key had gone to another
    finals = connection.execute("SELECT count(*), count(DISTINCT job_id) FROM advisorjobs_runs WHERE final").fetchone()
    assert finals is not None
    assert finals[0] == finals[1]
    assert connection.execute("SELECT count(*) FROM advisorjobs_unique_keys").fetchone() == (0,)
