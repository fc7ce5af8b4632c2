import asyncio
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import pq

from advisorjobs.database.exchange import Exchange

VALUES = (
    "SELECT %(number)s::int AS number, %(word)s::text AS word, %(list)s::text[] AS list, %(number)s::int + 1 AS more"
)
GIVEN = {"number": 7, "word": "a '%' \u20ac", "list": ["x", "y,z", "\\"]}
PREPARED = "SELECT count(*)::int AS count FROM pg_prepared_statements"


@pytest.mark.parametrize("prepare", [True, False])
@pytest.mark.parametrize("binary", [True, False])
async def test_values_go_there_and_come_back(
    aconnection: psycopg.AsyncConnection[Any], prepare: bool, binary: bool
) -> None:
    exchange = Exchange(aconnection, prepare=prepare, binary=binary)
    for _ in range(2):
        names, rows = await exchange.rows(VALUES, GIVEN)

        assert names == ["number", "word", "list", "more"]
        assert rows == [(7, GIVEN["word"], GIVEN["list"], 8)]


async def test_a_percent_sign_is_written_twice(aconnection: psycopg.AsyncConnection[Any]) -> None:
    assert (await Exchange(aconnection, prepare=True).rows("SELECT '100 %%' AS text", {}))[1] == [("100 %",)]


async def test_a_value_of_an_enum_is_text_unless_answers_are_binary(aconnection: psycopg.AsyncConnection[Any]) -> None:
    found = await Exchange(aconnection, prepare=True).rows("SELECT 'todo'::procrastinate_job_status AS status", None)
    assert found == (["status"], [("todo",)])


async def test_a_statement_without_an_answer_has_no_rows(aconnection: psycopg.AsyncConnection[Any]) -> None:
    exchange = Exchange(aconnection, prepare=True)
    assert await exchange.rows("CREATE TEMPORARY TABLE notes (at timestamptz)", None) == ([], [])
    at = datetime(2026, 1, 2, tzinfo=UTC)
    assert await exchange.rows("INSERT INTO notes VALUES (%(at)s) RETURNING at", {"at": at}) == (["at"], [(at,)])


async def test_what_needs_no_state_leaves_none_in_the_server(aconnection: psycopg.AsyncConnection[Any]) -> None:
    exchange = Exchange(aconnection, prepare=False)
    for _ in range(3):
        found = await exchange.rows(PREPARED, {})
    assert found[1] == [(0,)]


async def test_a_refusal_is_psycopgs_and_the_connection_goes_on(aconnection: psycopg.AsyncConnection[Any]) -> None:
    await aconnection.set_autocommit(True)
    exchange = Exchange(aconnection, prepare=True)
    with pytest.raises(psycopg.errors.DivisionByZero) as refused:
        await exchange.rows("SELECT 1 / %(by)s::int", {"by": 0})
    with pytest.raises(psycopg.errors.UndefinedTable):
        await exchange.rows("SELECT FROM nowhere", {})

    assert refused.value.diag.message_primary == "division by zero"
    assert (await exchange.rows("SELECT 1 / %(by)s::int AS one", {"by": 1}))[1] == [(1,)]


async def test_more_than_a_socket_takes_at_once_arrives(aconnection: psycopg.AsyncConnection[Any]) -> None:
    text = "0123456789abcdef" * 2**19
    found = await Exchange(aconnection, prepare=True).rows("SELECT %(text)s::text AS text", {"text": text})
    assert found[1] == [(text,)]


async def test_a_call_that_is_given_up_shows_on_its_connection(aconnection: psycopg.AsyncConnection[Any]) -> None:
    await aconnection.set_autocommit(True)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await Exchange(aconnection, prepare=True).rows("SELECT pg_sleep(10)", {})
    assert aconnection.pgconn.transaction_status is not pq.TransactionStatus.IDLE
    aconnection.pgconn.finish()


async def test_a_connection_that_the_server_ends_is_an_operational_error(
    aconnection: psycopg.AsyncConnection[Any], connection: psycopg.Connection[Any]
) -> None:
    exchange = Exchange(aconnection, prepare=True)
    await exchange.rows("SELECT 1", {})
    connection.execute("SELECT pg_terminate_backend(%s)", [aconnection.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        await exchange.rows("SELECT pg_sleep(10)", {})
