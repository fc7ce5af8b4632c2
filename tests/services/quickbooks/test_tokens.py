"""QuickBooks' tokens: one refresh however many need it, no token lost wherever a process dies, and what needs a person."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.connections import find_the_connection
from advisorjobs.services.quickbooks.client import http_client
from advisorjobs.services.quickbooks.tokens import Tokens
from advisorjobs.services.secrets import unseal
from advisorjobs.settings import Settings
from advisorjobs.tenancy.scope import scope_async
from tests.fixtures.books import Books

SERVICE = "quickbooks"


class Died(Exception):
    """The process is gone."""


async def token_of(dsn: str, refused: str | None = None, *, dying: bool = False) -> str:
    """What one process gets that needs a token. *dying*: it ends after Intuit's answer, before its commit."""

    @asynccontextmanager
    async def scope() -> AsyncIterator[Any]:
        async with (
            await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection,
            scope_async(connection, "org-1"),
        ):
            yield connection
            if dying:
                raise Died

    async with http_client() as http:
        async with (
            await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection,
            scope_async(connection, "org-1"),
        ):
            place = await find_the_connection(connection, SERVICE, None)
        return await Tokens(http, Settings.from_environment(), place, scope).access(refused)


def racer(dsn: str, start: Any, said: Any) -> None:
    start.wait()
    said.put(asyncio.run(token_of(dsn)))


def opened(books: Books, column: str) -> str:
    row = books.company()
    purpose = f"quickbooks:{row['account']}:{column.removeprefix('previous_')}"
    return unseal(row[column], organization_id="org-1", purpose=purpose)


async def test_a_token_is_kept_sealed_and_used_until_shortly_before_its_end(books: Books, database: str) -> None:
    assert await token_of(database) == "access-1"
    assert await token_of(database) == "access-1"
    assert books.server.refreshes == 1
    row = books.company()
    assert not [
        value for value in row.values() if isinstance(value, str) and ("access-" in value or "refresh-" in value)
    ]
    assert (opened(books, "refresh_token"), opened(books, "previous_refresh_token")) == ("refresh-1", "refresh-0")

    books.connection.execute("UPDATE practice_connections SET access_expires_at = now() + interval '30 seconds'")
    assert await token_of(database) == "access-2"


async def test_a_token_that_was_refused_is_replaced_and_a_newer_one_is_taken(books: Books, database: str) -> None:
    assert await token_of(database) == "access-1"
    assert await token_of(database, refused="access-1") == "access-2"
    assert await token_of(database, refused="access-1") == "access-2"
    assert books.server.refreshes == 2


@pytest.mark.faults
def test_of_several_processes_one_refreshes(books: Books, database: str) -> None:
    context = multiprocessing.get_context("spawn")
    start, said = context.Event(), context.Queue()
    racers = [context.Process(target=racer, args=(database, start, said)) for _ in range(4)]
    for each in racers:
        each.start()
    start.set()
    seen = [said.get(timeout=60) for _ in racers]
    for each in racers:
        each.join(60)

    assert seen == ["access-1"] * 4
    assert books.server.refreshes == 1


async def test_a_process_that_dies_between_answer_and_commit_loses_nothing(books: Books, database: str) -> None:
    with pytest.raises(Died):
        await token_of(database, dying=True)
    assert books.company()["access_token"] is None

    assert await token_of(database) == "access-2"
    assert opened(books, "refresh_token") == "refresh-2"
    assert await token_of(database, refused="access-2") == "access-3"


async def test_the_previous_token_is_tried_where_the_newer_is_refused(books: Books, database: str) -> None:
    await token_of(database)
    books.server.refresh = ["refresh-0"]

    assert await token_of(database, refused="access-1") == "access-2"
    assert opened(books, "previous_refresh_token") == "refresh-0"


async def test_a_company_that_was_disconnected_there_needs_a_person(books: Books, database: str) -> None:
    books.server.refresh = []
    with pytest.raises(JobError, match="somebody has to connect it again") as error:
        await token_of(database)
    assert error.value.code is ErrorCode.AUTHENTICATION
    assert error.value.permanent
    assert "connect it again" in books.company()["trouble"]
    feed = books.rows("SELECT kind, text FROM practice_activities")
    assert [row["kind"] for row in feed] == ["connection.trouble"]

    with pytest.raises(JobError, match="connect it again"):
        await token_of(database)
    assert len(books.rows("SELECT 1 FROM practice_activities")) == 1
    books.server.refresh = ["refresh-new"]
    books.connect(token="refresh-new")
    assert await token_of(database) == "access-1"
    assert books.company()["trouble"] is None


async def test_a_wrong_secret_of_our_app_is_no_trouble_of_the_company(books: Books, database: str) -> None:
    books.server.refused_clients = True
    with pytest.raises(JobError, match="check QUICKBOOKS_CLIENT_ID and _SECRET"):
        await token_of(database)
    assert books.company()["trouble"] is None


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((503, {}, b""), ErrorCode.EXTERNAL_SERVICE),
        ((429, {"Retry-After": "5"}, {}), ErrorCode.RATE_LIMITED),
        ((200, {}, b"<html>"), ErrorCode.EXTERNAL_SERVICE),
    ],
)
async def test_a_token_endpoint_in_trouble_is_asked_again_later(
    answer: Any, code: ErrorCode, books: Books, database: str
) -> None:
    books.server.token_answers = [answer]
    with pytest.raises(JobError) as error:
        await token_of(database)
    assert error.value.code is code
    assert not error.value.permanent
    assert await token_of(database) == "access-1"


def test_a_sync_whose_token_is_refused_refreshes_once_and_goes_on(books: Books) -> None:
    books.fill()
    books.sync()
    books.server.access.clear()

    assert books.sync()["mode"] == "changes"
    assert books.server.refreshes == 2


def test_a_sync_whose_fresh_token_is_refused_too_ends(books: Books) -> None:
    books.server.before_answer = lambda path, query: (401, {}, {})
    with pytest.raises(JobError, match="401 to a fresh token") as error:
        books.sync()
    assert error.value.permanent
    assert books.server.refreshes == 2
