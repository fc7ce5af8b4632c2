import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from typing import LiteralString

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.database.operation import Operation, only, operation
from advisorjobs.database.pool import SIZE

BACKEND: Operation[int] = operation("backend", "SELECT pg_backend_pid()", {}, only)
NAP: Operation[int] = operation("nap", "SELECT pg_backend_pid() FROM pg_sleep(0.05)", {}, only)


def own_connections(app: App) -> int:
    with psycopg.connect(app.dsn) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    return row[0] if row else 0


def test_two_event_loops_in_a_row_leave_nothing_open(app: App) -> None:
    app.close()

    async def twice() -> tuple[int, int]:
        return await app.run_async(BACKEND), await app.run_async(BACKEND)

    first, second = asyncio.run(twice()), asyncio.run(twice())
    assert first[0] == first[1]
    assert second[0] == second[1]
    assert own_connections(app) == 0


async def test_many_tasks_share_a_few_connections(app: App) -> None:
    pids = await asyncio.gather(*(app.run_async(NAP) for _ in range(20)))
    assert len(set(pids)) <= SIZE


def test_many_threads_share_a_few_connections(app: App) -> None:
    pids: list[int] = []
    threads = [threading.Thread(target=lambda: pids.append(app.run(NAP))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 20
    assert len(set(pids)) <= SIZE


async def test_blocking_calls_work_inside_a_running_loop_and_while_the_app_is_open(app: App) -> None:
    async with app.open_async():
        assert app.run(BACKEND) != await app.run_async(BACKEND)


def test_a_forked_process_has_connections_of_its_own_and_leaves_its_parents_alone(app: App) -> None:
    mine = app.run(BACKEND)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            pids = [app.run(BACKEND), asyncio.run(app.run_async(BACKEND))]
            os.write(writing, repr(pids).encode())
            app.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert str(mine) not in os.read(reading, 1000).decode()
    assert app.run(BACKEND) == mine


async def test_a_connection_that_the_server_closed_while_idle_is_replaced_unseen(app: App) -> None:
    gone = app.run(BACKEND), await app.run_async(BACKEND)
    with psycopg.connect(app.dsn, autocommit=True) as connection:
        for pid in gone:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert app.run(BACKEND) not in gone
    assert await app.run_async(BACKEND) not in gone


async def test_a_cancelled_call_gives_its_turn_back(app: App) -> None:
    endless: Operation[int] = operation("endless", "SELECT 1 FROM pg_sleep(600)", {}, only)
    tasks = [asyncio.ensure_future(app.run_async(endless)) for _ in range(SIZE)]
    with psycopg.connect(app.dsn, autocommit=True) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()"
        while connection.execute(query).fetchone() != (SIZE,):
            await asyncio.wait(tasks, timeout=0.02)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await app.run_async(BACKEND)


def test_an_error_of_a_statement_does_not_cost_the_connection(app: App) -> None:
    before = app.run(BACKEND)
    with pytest.raises(psycopg.errors.DivisionByZero):
        app.run(operation("broken", "SELECT 1 / 0", {}, only))
    assert app.run(BACKEND) == before


async def test_a_connection_to_a_server_that_turned_read_only_is_not_used_again(app: App) -> None:
    read_only: Operation[int] = operation(
        "read only", "SELECT pg_backend_pid() FROM set_config('default_transaction_read_only', 'on', false)", {}, only
    )
    write: Operation[int] = operation(
        "write", 'SELECT advisorjobs_enqueue(\'[{"name": "a", "args": {}, "queue": "b"}]\')', {}, only
    )
    for run in (app.run_async, _in_a_thread(app)):
        first = await run(read_only)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await run(write)
        assert await run(BACKEND) != first


def _in_a_thread(app: App) -> Callable[[Operation[int]], Awaitable[int]]:
    return lambda operation: asyncio.to_thread(app.run, operation)


CHANGED = (
    ("CREATE TABLE answers AS SELECT 1 AS a", "ALTER TABLE answers ADD b int", "SELECT * FROM answers"),
    (
        "CREATE FUNCTION answers() RETURNS TABLE (a int) LANGUAGE sql AS 'SELECT 1'",
        "DROP FUNCTION answers(); CREATE FUNCTION answers() RETURNS TABLE (a int, b int) LANGUAGE sql AS 'SELECT 1, NULL::int'",
        "SELECT * FROM answers()",
    ),
)


@pytest.mark.parametrize(("before", "change", "query"), CHANGED)
async def test_what_a_migration_changes_under_open_connections_is_asked_anew(
    app: App, connection: psycopg.Connection, before: str, change: str, query: LiteralString
) -> None:
    connection.execute(before)
    asked: Operation[object] = operation("answers", query, {}, lambda rows: [dict(row) for row in rows])

    async def everywhere() -> list[object]:
        return list(await asyncio.gather(*(app.run_async(asked) for _ in range(2 * SIZE))))

    for _ in range(2):
        assert await everywhere() == [[{"a": 1}]] * 2 * SIZE
        assert [app.run(asked) for _ in range(6)] == [[{"a": 1}]] * 6
    connection.execute(change)

    assert await app.run_async(asked) == [{"a": 1, "b": None}]  # while others lie idle that know the old one
    assert await everywhere() == [[{"a": 1, "b": None}]] * 2 * SIZE
    assert app.run(asked) == [{"a": 1, "b": None}]


async def test_an_error_that_another_connection_has_too_is_raised(app: App) -> None:
    wrong: Operation[object] = operation("wrong", "SELECT 1 FROM", {}, only)
    with pytest.raises(psycopg.errors.SyntaxError):
        await app.run_async(wrong)
    with pytest.raises(psycopg.errors.SyntaxError):
        app.run(wrong)
    assert await app.run_async(BACKEND)
