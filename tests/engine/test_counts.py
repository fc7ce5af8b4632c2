"""The kept counts agree with the rows, whatever happened, at every moment, and in spite of everybody else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisorjobs.application import App
from tests.fixtures.counted import counted, kept
from tests.fixtures.desk import Desk
from tests.fixtures.waiting import wait_for_async

QUEUES = st.sampled_from(["critical", "emails"])
AGAIN = {"status": "retrying", "final": False}
ENDINGS = {
    "retry at once": {**AGAIN, "delay": 0},
    "retry later": {**AGAIN, "delay": 60},
    "retry in another queue": {**AGAIN, "delay": 0, "queue": "reports"},
    "snooze": {"status": "snoozed", "final": False, "delay": 60, "attempt_back": True},
    "give back": {"status": "released", "final": False, "attempt_back": True},
    "unknown here": {"status": "released", "final": False, "attempt_back": True, "parked": "unknown_job"},
    "fail": {"status": "failed", "final": True, "error_code": "internal"},
    "time out": {"status": "timed_out", "final": True, "error_code": "timeout"},
    "cancel": {"status": "cancelled", "final": True, "error_code": "cancelled"},
}
STATES = ("completed", "failed", "cancelled", "delayed", "waiting")
STEPS = st.one_of(
    st.tuples(st.just("enqueue"), QUEUES, st.integers(1, 3), st.sampled_from([None, "lock", "key", "unique"])),
    st.tuples(st.just("delay"), QUEUES, st.sampled_from([-60, 60])),
    st.tuples(st.just("strange"), QUEUES),
    st.tuples(st.just("stock"), QUEUES, st.booleans()),
    st.tuples(st.just("claim"), st.integers(1, 4)),
    st.tuples(st.just("complete"), st.integers(1, 3)),
    st.tuples(st.just("settle"), st.sampled_from(sorted(ENDINGS))),
    st.tuples(st.just("due")),
    st.tuples(st.just("look aside")),
    st.tuples(st.just("retry"), st.booleans()),
    st.tuples(st.just("retry all"), QUEUES),
    st.tuples(st.just("cancel")),
    st.tuples(st.just("cancel all"), QUEUES),
    st.tuples(st.just("finish"), st.sampled_from(["succeeded", "failed", "aborted"]), st.booleans()),
    st.tuples(st.just("clean"), QUEUES, st.sampled_from(STATES), st.sampled_from([0, 3_600_000])),
    st.tuples(st.just("die")),
    st.tuples(st.just("pause"), QUEUES),
    st.tuples(st.just("resume"), QUEUES),
    st.tuples(st.just("roll back"), QUEUES),
    st.tuples(st.just("fold")),
    st.tuples(st.just("count anew")),
)


class Story:
    """Does what a step says, as the product's users and workers do it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.running: list[Any] = []

    def take(self, step: tuple[Any, ...]) -> None:
        name, *values = step
        getattr(self, name.replace(" ", "_"))(*values)

    def ids(self, where: str) -> list[int]:
        return [
            row["id"] for row in self.desk.rows(f"SELECT id FROM procrastinate_jobs WHERE {where} ORDER BY id LIMIT 2")
        ]

    def enqueue(self, queue: str, count: int, special: str | None) -> None:
        fields = {"lock": {"lock": "l"}, "key": {"limit_key": "k"}, "unique": {"unique_key": "u"}}.get(
            special or "", {}
        )
        self.desk.enqueue(count, queue=queue, **fields)

    def delay(self, queue: str, seconds: int) -> None:
        (job,) = self.desk.enqueue(queue=queue, delay=60)
        if seconds < 0:
            self.desk.one(
                "UPDATE procrastinate_jobs SET scheduled_at = now() - interval '1 s' WHERE id = %s RETURNING 1", job
            )

    def strange(self, queue: str) -> None:
        self.desk.enqueue(queue=queue, name="test:new")

    def stock(self, queue: str, later: bool) -> None:
        at = "now() + interval '1 h'" if later else "NULL"
        self.desk.one(
            f"""SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('{queue}', 'test:work', 0, NULL, NULL, '{{}}', {at}),
                ROW('{queue}', 'test:work', 0, NULL, NULL, '{{}}', NULL)]::procrastinate_job_to_defer_v1[])"""
        )

    def claim(self, free: int) -> None:
        self.running += self.desk.claim("critical", "emails", "reports", free=free)

    def look_aside(self) -> None:
        names, self.desk.names = self.desk.names, (*self.desk.names, "test:new")
        self.running += self.desk.claim("critical", "emails", free=1, look_aside=True)
        self.desk.names = names

    def due(self) -> None:
        self.desk.one(
            "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE scheduled_at IS NOT NULL AND status = 'todo'"
            " AND id % 2 = 0 RETURNING 1"
        )
        self.desk.one("SELECT advisorjobs_promote(50)")

    def complete(self, count: int) -> None:
        if done := self.running[:count]:
            self.desk.complete(*done)
        self.running = self.running[count:]

    def settle(self, ending: str) -> None:
        if self.running:
            self.desk.settle(self.running.pop(0), **ENDINGS[ending])

    def retry(self, later: bool) -> None:
        at = "now() + interval '1 h'" if later else "NULL"
        self.desk.one(f"SELECT advisorjobs_retry(%s, {at}, true, NULL, NULL, NULL)", self.ids("status = 'failed'"))

    def retry_all(self, queue: str) -> None:
        self.desk.one("SELECT retry_failed_jobs(%s)", queue)

    def cancel(self) -> None:
        for job in self.ids("status IN ('todo', 'doing')"):
            self.desk.one("SELECT cancel_job(%s)", job)

    def cancel_all(self, queue: str) -> None:
        self.desk.one("SELECT cancel_jobs(queue => %s)", queue)

    def finish(self, status: str, delete: bool) -> None:
        for job in self.ids("status IN ('todo', 'doing')")[:1]:
            self.desk.one("SELECT procrastinate_finish_job_v1(%s, %s, %s)", job, status, delete)

    def clean(self, queue: str, status: str, grace: int) -> None:
        before = counted(self.desk.connection).get(queue, {}).get(status, 0)
        cleaned = self.desk.one("SELECT clean_queue(%s, %s, %s)", queue, grace, status)
        assert before - cleaned == counted(self.desk.connection).get(queue, {}).get(status, 0)

    def die(self) -> None:
        self.desk.die()
        while self.desk.run("rescue"):
            continue
        self.desk.one(
            "UPDATE advisorjobs_workers SET expires_at = now() + interval '1 h' WHERE id = %s RETURNING 1",
            self.desk.worker,
        )
        self.running = []

    def pause(self, queue: str) -> None:
        self.desk.one("SELECT pause_queue(%s)", queue)

    def resume(self, queue: str) -> None:
        self.desk.one("SELECT resume_queue(%s)", queue)

    def roll_back(self, queue: str) -> None:
        with self.desk.connection.transaction(force_rollback=True):
            self.desk.enqueue(2, queue=queue)
            self.desk.claim(queue)

    def fold(self) -> None:
        self.desk.run("fold_counts")

    def count_anew(self) -> None:
        self.desk.one("SELECT advisorjobs_recount()")


@pytest.fixture
def story(desk: Desk) -> Story:
    desk.one("DELETE FROM advisorjobs_recounts RETURNING 1")
    desk.one(
        "INSERT INTO advisorjobs_queues (name, priority) VALUES ('critical', 1), ('emails', 3), ('reports', 3) RETURNING 1"
    )
    desk.one("INSERT INTO advisorjobs_keys (key, running) VALUES ('k', 1) RETURNING 1")
    return Story(desk)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=5, max_size=40))
def test_the_figures_agree_with_the_rows_after_each_step(story: Story, steps: list[tuple[Any, ...]]) -> None:
    for step in steps:
        story.take(step)
        assert kept(story.desk.connection) == counted(story.desk.connection), step
    story.fold()
    assert kept(story.desk.connection) == counted(story.desk.connection)
    assert story.desk.one("SELECT count(*) FROM advisorjobs_count_changes") == 0


def in_a_session(dsn: str, work: Callable[[psycopg.Connection[Any]], None], stop: threading.Event) -> threading.Thread:
    """A thread that does *work* over and over on a connection of its own, until *stop*."""

    def run() -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            while not stop.is_set():
                work(connection)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def say(sql: str) -> Callable[[psycopg.Connection[Any]], None]:
    return lambda connection: connection.execute(sql.encode()) and None


FOLD = "SELECT advisorjobs_fold_counts()"
CLEAN = ("SELECT clean_queue('critical', 0, 'completed')", "SELECT clean_queue('critical', 5, 'cancelled')")


@pytest.fixture(params=[(FOLD, *CLEAN), (FOLD, *CLEAN, "SELECT advisorjobs_recount()")], ids=["", "and counted anew"])
def meddlers(database: str, connection: psycopg.Connection[Any], request: pytest.FixtureRequest) -> Iterator[None]:
    """Sessions that fold and clean all the time."""
    connection.execute("DELETE FROM advisorjobs_recounts")
    connection.execute("INSERT INTO advisorjobs_queues (name, priority) VALUES ('critical', 1)")
    stop = threading.Event()
    threads = [in_a_session(database, say(word), stop) for word in request.param]
    yield
    stop.set()
    for thread in threads:
        thread.join()


@pytest.mark.usefixtures("meddlers")
def test_the_figures_agree_after_many_sessions_worked_at_once(
    database: str, connection: psycopg.Connection[Any]
) -> None:
    failures: list[BaseException] = []

    def work() -> None:
        desk = Desk(database)
        try:
            for turn in range(40):
                desk.enqueue(3)
                with desk.connection.transaction():
                    desk.enqueue(2, delay=60)
                    jobs = desk.claim(free=4)
                    desk.complete(*jobs[1:])
                desk.settle(*jobs[:1], **ENDINGS["cancel" if turn % 2 else "fail"])
                with desk.connection.transaction(force_rollback=turn % 3 == 0):
                    desk.one("SELECT retry_failed_jobs('critical')")
                seen = kept(desk.connection).get("critical", {})
                assert all(number >= 0 for number in seen.values()), seen
        except BaseException as error:
            failures.append(error)
        finally:
            desk.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert not failures, failures
    assert_agreement(connection)


def assert_agreement(connection: psycopg.Connection[Any]) -> None:
    """At one snapshot, so that whoever else is at work doesn't matter."""
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    try:
        assert kept(connection) == counted(connection)
    finally:
        connection.execute("ROLLBACK")


def test_a_completion_that_commits_after_a_cleaning_that_it_fell_under_counts_for_nothing(
    desk: Desk, other_desk: Desk
) -> None:
    desk.enqueue(3)
    first, second, third = desk.claim(free=3)
    desk.complete(first)
    with other_desk.connection.transaction():
        other_desk.complete(second)
        assert desk.one("SELECT clean_queue('critical', 0, 'completed')") == 1
    assert kept(desk.connection) == counted(desk.connection) == {"critical": {"active": 1}}
    desk.run("fold_counts")
    desk.complete(third)
    assert kept(desk.connection) == counted(desk.connection) == {"critical": {"completed": 1}}


def test_a_cleaning_counts_what_leaves_or_what_stays_to_the_same_effect(desk: Desk) -> None:
    desk.enqueue(6)
    desk.complete(*desk.claim(free=6))
    desk.one(
        "UPDATE advisorjobs_runs SET finished_at = finished_at - make_interval(hours => (job_id % 6)::integer) RETURNING 1"
    )
    hours = 3_600_000
    cleaned = [desk.one("SELECT clean_queue('critical', %s, 'completed')", n * hours + 60_000) for n in (4, 3, 3, 1, 0)]
    assert cleaned == [1, 1, 0, 2, 1]
    assert kept(desk.connection) == counted(desk.connection) == {"critical": {"completed": 1}}


async def test_a_worker_folds_what_changed(app: App, desk: Desk) -> None:
    desk.enqueue(3, queue="reports")
    worker = asyncio.ensure_future(app.run_worker_async(queues=["critical"], install_signal_handlers=False))

    async def folded() -> bool:
        return bool(desk.one("SELECT waiting = 3 FROM advisorjobs_counts WHERE queue_name = 'reports'"))

    try:
        await wait_for_async(folded, "the fold")
    finally:
        worker.cancel()
        await asyncio.wait([worker])


def test_each_statement_appends_one_change_for_each_queue(desk: Desk) -> None:
    desk.enqueue(5)
    desk.enqueue()
    jobs = desk.claim(free=6)
    desk.complete(*jobs)
    changes = desk.rows("SELECT waiting, completed FROM advisorjobs_count_changes")
    assert [(change["waiting"], change["completed"]) for change in changes] == [
        (5, None),
        (1, None),
        (-6, None),
        (None, 6),
    ]


WRITTEN_BY_HAND = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, status)
    VALUES ('a', 'x', 1, 'todo'), ('a', 'x', 1, 'succeeded')
"""


def test_rows_that_were_written_by_hand_are_counted_when_somebody_asks(desk: Desk) -> None:
    desk.enqueue(2, queue="a")
    desk.complete(*desk.claim("a", free=1))
    desk.connection.execute(WRITTEN_BY_HAND)
    desk.run("fold_counts")
    desk.connection.execute("DELETE FROM advisorjobs_runs")
    assert kept(desk.connection) == {"a": {"waiting": 1, "completed": 1}}
    desk.one("SELECT advisorjobs_recount()")
    assert kept(desk.connection) == counted(desk.connection) == {"a": {"waiting": 2, "completed": 1}}


def test_living_jobs_are_counted_anew_when_it_is_due(desk: Desk) -> None:
    desk.connection.execute("UPDATE advisorjobs_recounts SET due_at = now() + interval '1 hour'")
    desk.connection.execute(WRITTEN_BY_HAND)
    assert not desk.run("recount_living")
    assert kept(desk.connection) == {}
    desk.connection.execute("UPDATE advisorjobs_recounts SET due_at = now()")
    desk.run("recount_living")
    assert kept(desk.connection) == {"a": {"waiting": 1}}
    assert desk.one("SELECT count(*) FROM advisorjobs_recounts") == 0


def test_a_job_that_was_delayed_again_is_as_old_as_its_delay(desk: Desk) -> None:
    desk.enqueue()
    (job,) = desk.claim()
    desk.one("UPDATE procrastinate_jobs SET queued_at = now() - interval '1 day' RETURNING 1")
    desk.settle(job, **ENDINGS["retry later"])
    assert desk.one("SELECT clean_queue('critical', 60000, 'delayed')") == 0
    desk.one("UPDATE procrastinate_jobs SET delayed_since = now() - interval '2 minutes' RETURNING 1")
    assert desk.one("SELECT clean_queue('critical', 60000, 'delayed')") == 1


def test_cleaning_waiting_jobs_leaves_no_history_and_lets_the_line_go_on(desk: Desk) -> None:
    first, second = desk.enqueue(2, lock="line", unique_key=None)
    assert [job.id for job in desk.claim()] == [first]
    desk.claim()
    third = desk.enqueue(lock="line", queue="emails")[0]
    assert desk.one("SELECT clean_queue('critical', 0, 'waiting')") == 1
    assert desk.one("SELECT count(*) FROM advisorjobs_runs") == 0
    assert desk.one("SELECT id FROM procrastinate_jobs WHERE id = %s", second) is None
    desk.one("SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)", first)
    assert [job.id for job in desk.claim("emails")] == [third]
