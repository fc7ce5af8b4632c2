"""Organizations kept apart by the database itself, whoever is connected."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from advisorjobs.tenancy.scope import scope, scope_async

Connection = psycopg.Connection[Any]
OWNER = f"aj_test_owner_{os.getpid()}"
MAKE_OWNER = (
    "DROP ROLE IF EXISTS {0}; CREATE ROLE {0}; GRANT advisorjobs_tenant TO {0}; GRANT CREATE ON SCHEMA public TO {0}"
)


@pytest.fixture(params=["as connected", "as owner"])
def tenants(request: pytest.FixtureRequest, connection: Connection) -> Iterator[Connection]:
    """A connection to a database with the tenants' table `notes`; the second time its user is a plain owner."""
    if request.param == "as owner":
        become_owner(connection)
    connection.execute(
        "CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY, organization_id text NOT NULL, text text)"
    )
    connection.execute("SELECT advisorjobs_isolate('notes')")
    for organization in ("a", "b"):
        with scope(connection, organization):
            connection.execute("INSERT INTO notes (organization_id, text) VALUES (%s, 'x')", [organization])
    yield connection
    if request.param == "as owner":
        connection.execute("RESET SESSION AUTHORIZATION")
        connection.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(OWNER)))


def become_owner(connection: Connection) -> None:
    """From now on the session's user is neither superuser nor above row-level security."""
    if connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = session_user").fetchone() != (True,):
        pytest.skip("only a superuser may become another user for a test")
    connection.execute(sql.SQL(MAKE_OWNER).format(sql.Identifier(OWNER)))
    connection.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(OWNER)))


def seen(connection: Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT organization_id FROM notes ORDER BY id")]


def test_a_scope_shows_one_organizations_rows(tenants: Connection) -> None:
    with scope(tenants, "a"):
        assert seen(tenants) == ["a"]
    with scope(tenants, "b"):
        assert seen(tenants) == ["b"]


@pytest.mark.parametrize("organization", [None, "", "system", "nobody"])
def test_a_scope_of_no_firm_shows_no_rows(tenants: Connection, organization: str | None) -> None:
    with scope(tenants, organization):
        assert seen(tenants) == []


def test_rows_of_another_organization_can_be_neither_written_nor_changed(tenants: Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), scope(tenants, "a"):
        tenants.execute("INSERT INTO notes (organization_id) VALUES ('b')")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), scope(tenants, "a"):
        tenants.execute("UPDATE notes SET organization_id = 'b'")
    with scope(tenants, "a"):
        assert tenants.execute("UPDATE notes SET text = 'y' WHERE organization_id = 'b'").rowcount == 0
        assert tenants.execute("DELETE FROM notes").rowcount == 1
    with scope(tenants, "b"):
        assert seen(tenants) == ["b"]


def test_nothing_of_a_scope_is_left_in_the_connection(tenants: Connection) -> None:
    before = tenants.execute("SELECT current_user, advisorjobs_organization()").fetchone()
    with scope(tenants, "a"):
        assert tenants.execute("SELECT current_user, advisorjobs_organization()").fetchone() == (
            "advisorjobs_tenant",
            "a",
        )
    with pytest.raises(ZeroDivisionError), scope(tenants, "a"):
        raise ZeroDivisionError
    assert tenants.execute("SELECT current_user, advisorjobs_organization()").fetchone() == before


def test_a_scope_inside_a_transaction_ends_before_it(tenants: Connection) -> None:
    with tenants.transaction():
        before = tenants.execute("SELECT current_user").fetchone()
        with scope(tenants, "a"):
            with scope(tenants, "b"):
                assert seen(tenants) == ["b"]
            assert seen(tenants) == ["a"]
        assert tenants.execute("SELECT current_user, advisorjobs_organization()").fetchone() == (*(before or ()), None)


def test_an_owner_sees_nothing_outside_of_a_scope(tenants: Connection) -> None:
    if tenants.execute("SELECT rolsuper FROM pg_roles WHERE rolname = session_user").fetchone() == (True,):
        assert seen(tenants) == ["a", "b"]  # why a role is needed beside the setting
    else:
        assert seen(tenants) == []


def test_the_policy_uses_an_index(tenants: Connection) -> None:
    tenants.execute("CREATE INDEX notes_idx ON notes (organization_id)")
    with scope(tenants, "a"):
        tenants.execute("SET LOCAL enable_seqscan = off")
        plan = "\n".join(row[0] for row in tenants.execute("EXPLAIN SELECT * FROM notes"))
    assert "notes_idx" in plan


async def test_an_async_scope_on_a_connection_with_rows_by_name(database: str) -> None:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True, row_factory=dict_row) as connection:
        async with scope_async(connection, "a"):
            cursor = await connection.execute("SELECT current_user AS who, advisorjobs_organization() AS what")
            assert await cursor.fetchone() == {"who": "advisorjobs_tenant", "what": "a"}
        cursor = await connection.execute("SELECT advisorjobs_organization() AS what")
        assert await cursor.fetchone() == {"what": None}
