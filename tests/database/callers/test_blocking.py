"""A job in the transaction of each blocking kind of connection: the same promises for all."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisorjobs import add_document, get_queue_manager, queue_email
from advisorjobs.application import App
from advisorjobs.enqueue import NewJob
from advisorjobs.errors import NotMigrated, PayloadError, UnusableConnection
from tests.database.callers.every_call import CALLS, bound, history, missing_calls, shape
from tests.fixtures.tills import BLOCKING, till

MAIL: dict[str, Any] = {"organization_id": "o", "type": "welcome", "to": "ada@example.com", "template_data": {}}
EMAIL = NewJob(name="email:send", payload=MAIL)
TABLE = "CREATE TABLE IF NOT EXISTS clients_of_mine (name text CHECK (name <> 'nobody'))"
ROW = "INSERT INTO clients_of_mine VALUES ('Windmill & Daughters')"

kinds = pytest.mark.parametrize("kind", BLOCKING)


@pytest.fixture
def counted(connection: psycopg.Connection[Any]) -> Any:
    """How many (rows, jobs) everybody can see."""
    connection.execute(TABLE.encode())
    both = "SELECT (SELECT count(*) FROM clients_of_mine), (SELECT count(*) FROM procrastinate_jobs)"
    return lambda: connection.execute(both.encode()).fetchone()


@kinds
def test_job_and_row_are_there_both_or_neither(kind: str, the_process: App, database: str, counted: Any) -> None:
    with till(kind, database) as mine:
        mine.run(ROW)
        queue_email.sync(**MAIL, connection=mine.connection)
        assert counted() == (0, 0)
        mine.rollback()
        assert counted() == (0, 0)

        mine.run(ROW)
        kept = queue_email.sync(**MAIL, unique_key="k", tags=["a"], priority=1, connection=mine.connection)
        with pytest.raises(ZeroDivisionError), mine.savepoint():
            queue_and_fail(mine)
        with mine.savepoint():
            assert queue_email.sync(**MAIL, unique_key="k", connection=mine.connection) == kept
        mine.commit()
    assert counted() == (1, 1)


@kinds
def test_what_is_refused_beforehand_leaves_the_transaction_usable(
    kind: str, the_process: App, database: str, counted: Any
) -> None:
    with till(kind, database) as mine:
        mine.run(ROW)
        with pytest.raises(PayloadError, match="to: "):
            queue_email.sync(**{**MAIL, "to": "nobody"}, connection=mine.connection)
        with pytest.raises(PayloadError, match="priority"):
            queue_email.sync(**MAIL, priority=99, connection=mine.connection)
        queue_email.sync(**MAIL, connection=mine.connection)
        mine.commit()
    assert counted() == (1, 1)


@kinds
def test_what_the_database_refuses_says_that_the_transaction_has_failed(
    kind: str, the_process: App, database: str, counted: Any
) -> None:
    with till(kind, database) as mine:
        with pytest.raises(Exception, match="another organization") as caught:
            queue_from_elsewhere(mine)
        assert any("42501" in note and "roll it back" in note for note in caught.value.__notes__)
        with pytest.raises(UnusableConnection, match="has failed before: roll it back"):
            queue_email.sync(**MAIL, connection=mine.connection)
        mine.rollback()

        mine.run(ROW)
        with pytest.raises(Exception, match="another organization"), mine.savepoint():
            queue_from_elsewhere(mine)
        queue_email.sync(**MAIL, connection=mine.connection)
        mine.commit()
    assert counted() == (1, 1)


@kinds
def test_without_a_transaction_a_job_exists_at_once(kind: str, the_process: App, database: str, counted: Any) -> None:
    with till(kind, database, autocommit=True) as mine:
        queue_email.sync(**MAIL, connection=mine.connection)
        assert counted() == (0, 1)


@kinds
def test_a_connection_that_cannot_take_a_job_is_refused_in_words(
    kind: str, the_process: App, database: str, empty_database: str, counted: Any
) -> None:
    with till(kind, database, autocommit=True) as mine:
        assert get_queue_manager().sync.get_job(0, connection=mine.connection) is None
    with till(kind, empty_database) as mine:
        mine.run("SELECT 1")
        with pytest.raises(NotMigrated, match=r"without AdvisorJobs' tables.*advisorjobs migrate"):
            queue_email.sync(**MAIL, connection=mine.connection)
        mine.rollback()
    if "Session" not in kind and "Django" not in kind:  # those open anew by themselves
        with pytest.raises(UnusableConnection, match="is closed: pass an open one"):
            queue_email.sync(**MAIL, connection=mine.connection)
    assert counted() == (0, 0)


@kinds
async def test_it_is_refused_where_it_would_block_the_event_loop(kind: str, the_process: App, database: str) -> None:
    words = r"queue_email was awaited with a blocking connection .*\(\.sync\)"
    with till(kind, database) as mine, pytest.raises(TypeError, match=words):
        await queue_email(**MAIL, connection=mine.connection)


@kinds
def test_thousands_a_document_and_what_is_read_go_the_same_way(
    kind: str, the_process: App, database: str, counted: Any, tmp_path: Path
) -> None:
    manager = get_queue_manager().sync
    object.__setattr__(the_process.settings, "data_dir", tmp_path)
    with till(kind, database) as mine:
        mine.run(ROW)
        added = manager.add_jobs([EMAIL] * 4100, connection=mine.connection)
        add_document.sync(b"%PDF-1.4", organization_id="o", filename="a.pdf", connection=mine.connection)
        job = manager.get_job(added[4099].id, connection=mine.connection)
        assert job is not None
        assert (job.payload, job.status, job.organization_id) == (MAIL, "waiting", "o")
        assert counted() == (0, 0)
        mine.commit()
    assert counted() == (1, 4101)
    assert [each.id for each in added] == sorted(each.id for each in added)


@pytest.mark.parametrize("kind", [kind for kind in BLOCKING if kind != "psycopg"])
def test_every_call_gives_what_it_gives_on_psycopg(kind: str, the_process: App, database: str, counted: Any) -> None:
    asyncio.run(history(the_process))
    before = counted()
    answers = []
    for each in ("psycopg", kind):
        with till(each, database) as mine:
            mine.run(ROW)
            answers.append(
                {
                    name: shape(bound(name, blocking=True)(*arguments, **options, connection=mine.connection))
                    for name, arguments, options in CALLS
                }
            )
            mine.rollback()
    assert answers[0]["get_recent_failures"] != ("list", [])
    assert answers[0] == answers[1]
    assert counted() == before


def test_no_call_is_left_out() -> None:
    assert missing_calls() == set(), "add it to CALLS in every_call.py, so that it is made on every kind of connection"


def queue_and_fail(mine: Any) -> None:
    queue_email.sync(**MAIL, connection=mine.connection)
    raise ZeroDivisionError


def queue_from_elsewhere(mine: Any) -> None:
    """For one organization in a transaction that works for another: the database refuses that."""
    mine.run("SELECT set_config('advisorjobs.organization', 'another', true)")
    queue_email.sync(**MAIL, connection=mine.connection)
