"""A job in the transaction of each awaited kind of connection: the same promises for all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisorjobs import add_document, get_queue_manager, queue_email
from advisorjobs.application import App
from advisorjobs.enqueue import NewJob
from advisorjobs.errors import NotMigrated, PayloadError, UnusableConnection
from tests.database.callers.every_call import CALLS, bound, history, shape
from tests.fixtures.awaited_tills import AWAITED, awaited_till

MAIL: dict[str, Any] = {"organization_id": "o", "type": "welcome", "to": "ada@example.com", "template_data": {}}
EMAIL = NewJob(name="email:send", payload=MAIL)
TABLE = "CREATE TABLE IF NOT EXISTS clients_of_mine (name text CHECK (name <> 'nobody'))"
ROW = "INSERT INTO clients_of_mine VALUES ('Windmill & Daughters')"

kinds = pytest.mark.parametrize("kind", AWAITED)


@pytest.fixture
def counted(connection: psycopg.Connection[Any]) -> Any:
    """How many (rows, jobs) everybody can see."""
    connection.execute(TABLE.encode())
    both = "SELECT (SELECT count(*) FROM clients_of_mine), (SELECT count(*) FROM procrastinate_jobs)"
    return lambda: connection.execute(both.encode()).fetchone()


@kinds
async def test_job_and_row_are_there_both_or_neither(kind: str, the_process: App, database: str, counted: Any) -> None:
    async with awaited_till(kind, database) as mine:
        await mine.run(ROW)
        await queue_email(**MAIL, connection=mine.connection)
        assert counted() == (0, 0)
        await mine.rollback()
        assert counted() == (0, 0)

        await mine.run(ROW)
        kept = await queue_email(**MAIL, unique_key="k", tags=["a"], priority=1, connection=mine.connection)
        with pytest.raises(ZeroDivisionError):
            await within_savepoint(mine, queue_and_fail)
        async with mine.savepoint():
            assert await queue_email(**MAIL, unique_key="k", connection=mine.connection) == kept
        await mine.commit()
    assert counted() == (1, 1)


@kinds
async def test_what_is_refused_beforehand_leaves_the_transaction_usable(
    kind: str, the_process: App, database: str, counted: Any
) -> None:
    async with awaited_till(kind, database) as mine:
        await mine.run(ROW)
        with pytest.raises(PayloadError, match="to: "):
            await queue_email(**{**MAIL, "to": "nobody"}, connection=mine.connection)
        with pytest.raises(PayloadError, match="priority"):
            await queue_email(**MAIL, priority=99, connection=mine.connection)
        await queue_email(**MAIL, connection=mine.connection)
        await mine.commit()
    assert counted() == (1, 1)


@kinds
async def test_what_the_database_refuses_says_that_the_transaction_has_failed(
    kind: str, the_process: App, database: str, counted: Any
) -> None:
    async with awaited_till(kind, database) as mine:
        with pytest.raises(Exception, match="another organization") as caught:
            await queue_from_elsewhere(mine)
        assert any("42501" in note and "roll it back" in note for note in caught.value.__notes__)
        with pytest.raises(UnusableConnection, match="has failed before: roll it back"):
            await queue_email(**MAIL, connection=mine.connection)
        await mine.rollback()

        await mine.run(ROW)
        with pytest.raises(Exception, match="another organization"):
            await within_savepoint(mine, queue_from_elsewhere)
        await queue_email(**MAIL, connection=mine.connection)
        await mine.commit()
    assert counted() == (1, 1)


@kinds
async def test_without_a_transaction_a_job_exists_at_once(
    kind: str, the_process: App, database: str, counted: Any
) -> None:
    async with awaited_till(kind, database, autocommit=True) as mine:
        await queue_email(**MAIL, connection=mine.connection)
        assert counted() == (0, 1)


@kinds
async def test_a_connection_that_cannot_take_a_job_is_refused_in_words(
    kind: str, the_process: App, database: str, empty_database: str, counted: Any
) -> None:
    async with awaited_till(kind, database, autocommit=True) as mine:
        assert await get_queue_manager().get_job(0, connection=mine.connection) is None
    async with awaited_till(kind, empty_database) as mine:
        await mine.run("SELECT 1")
        with pytest.raises(NotMigrated, match=r"without AdvisorJobs' tables.*advisorjobs migrate"):
            await queue_email(**MAIL, connection=mine.connection)
        await mine.rollback()
    if "Session" not in kind:  # that opens anew by itself
        with pytest.raises(UnusableConnection, match="is closed: pass an open one"):
            await queue_email(**MAIL, connection=mine.connection)
    assert counted() == (0, 0)


@kinds
async def test_it_is_refused_in_blocking_code(kind: str, the_process: App, database: str) -> None:
    words = "queue_email was called in its blocking form with an async connection"
    async with awaited_till(kind, database) as mine:
        with pytest.raises(TypeError, match=words):
            queue_email.sync(**MAIL, connection=mine.connection)


@kinds
async def test_thousands_a_document_and_what_is_read_go_the_same_way(
    kind: str, the_process: App, database: str, counted: Any, tmp_path: Path
) -> None:
    manager = get_queue_manager()
    object.__setattr__(the_process.settings, "data_dir", tmp_path)
    async with awaited_till(kind, database) as mine:
        await mine.run(ROW)
        added = await manager.add_jobs([EMAIL] * 4100, connection=mine.connection)
        await add_document(b"%PDF-1.4", organization_id="o", filename="a.pdf", connection=mine.connection)
        job = await manager.get_job(added[4099].id, connection=mine.connection)
        assert job is not None
        assert (job.payload, job.status, job.organization_id) == (MAIL, "waiting", "o")
        assert counted() == (0, 0)
        await mine.commit()
    assert counted() == (1, 4101)
    assert [each.id for each in added] == sorted(each.id for each in added)


@pytest.mark.parametrize("kind", [kind for kind in AWAITED if kind != "psycopg"])
async def test_every_call_gives_what_it_gives_on_psycopg(
    kind: str, the_process: App, database: str, counted: Any
) -> None:
    await history(the_process)
    before = counted()
    answers = []
    for each in ("psycopg", kind):
        async with awaited_till(each, database) as mine:
            await mine.run(ROW)
            answers.append(
                {
                    name: shape(await bound(name, blocking=False)(*arguments, **options, connection=mine.connection))
                    for name, arguments, options in CALLS
                }
            )
            await mine.rollback()
    assert answers[0]["get_recent_failures"] != ("list", [])
    assert answers[0] == answers[1]
    assert counted() == before


async def within_savepoint(mine: Any, work: Callable[[Any], Awaitable[None]]) -> None:
    async with mine.savepoint():
        await work(mine)


async def queue_and_fail(mine: Any) -> None:
    await queue_email(**MAIL, connection=mine.connection)
    raise ZeroDivisionError


async def queue_from_elsewhere(mine: Any) -> None:
    """For one organization in a transaction that works for another: the database refuses that."""
    await mine.run("SELECT set_config('advisorjobs.organization', 'another', true)")
    await queue_email(**MAIL, connection=mine.connection)
