"""add_document: file, row and first job together, or none of them."""

from __future__ import annotations

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.documents import add_document, sweep
from advisorjobs.errors import NotMigrated, PayloadError
from tests.fixtures.pipeline import sample

LETTER = sample("letter.pdf")
NO_TIME = timedelta(0)


@pytest.fixture
def folder(documents_folder: Path, the_process: App) -> Path:
    """Where the files go, with helpers that find this test's database."""
    the_process.publish()
    return documents_folder


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def rows(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT count(*) FROM practice_documents").fetchone()
    assert row is not None
    return int(row[0])


def test_a_documents_row_says_what_was_added(folder: Path, connection: psycopg.Connection[Any], tmp_path: Path) -> None:
    path = tmp_path / "My letter.pdf"
    path.write_bytes(LETTER)
    document = add_document.sync(path, organization_id="org-1")
    row = connection.execute(
        "SELECT organization_id, file_name, media_type, size_bytes, sha256, status, jobs FROM practice_documents WHERE id = %s",
        [document],
    ).fetchone()
    (job,) = connection.execute("SELECT id, task_name, organization_id FROM procrastinate_jobs").fetchall()

    assert row is not None
    assert row[:6] == (
        "org-1", "My letter.pdf", "application/pdf", len(LETTER), hashlib.sha256(LETTER).hexdigest(), "received",
    )  # fmt: skip
    assert job[1:] == ("document:virus_scan", "org-1")
    assert row[6] == {"document:virus_scan": job[0]}
    assert [path.read_bytes() for path in kept(folder)] == [LETTER]


async def test_it_is_awaited_too(folder: Path, aconnection: psycopg.AsyncConnection[Any]) -> None:
    alone = await add_document(LETTER, organization_id="org-1", filename="letter.pdf")
    async with aconnection.transaction():
        within = await add_document(LETTER, organization_id="org-1", filename="letter.pdf", connection=aconnection)
    cursor = await aconnection.execute("SELECT id FROM practice_documents")

    assert {each for (each,) in await cursor.fetchall()} == {alone, within}


def test_in_the_callers_transaction_it_exists_only_if_that_commits(
    folder: Path, connection: psycopg.Connection[Any]
) -> None:
    with connection.transaction(force_rollback=True):
        add_document.sync(LETTER, organization_id="org-1", filename="letter.pdf", connection=connection)
        assert rows(connection) == 1

    assert rows(connection) == 0
    assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)


def test_what_a_rolled_back_transaction_left_is_swept_away_and_nothing_else(
    folder: Path, connection: psycopg.Connection[Any]
) -> None:
    add_document.sync(LETTER, organization_id="org-1", filename="letter.pdf")
    (committed,) = kept(folder)
    with connection.transaction(force_rollback=True):
        add_document.sync(LETTER, organization_id="org-1", filename="letter.pdf", connection=connection)

    assert len(kept(folder)) == 2
    assert sweep("org-1") == 0  # too young: its transaction might still be open
    for path in kept(folder):
        os.utime(path, (0, 0))
    assert sweep("org-2", older_than=NO_TIME) == 0
    assert sweep("org-1") == 1
    assert kept(folder) == [committed]


def test_no_file_is_left_where_the_row_is_refused(folder: Path, connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        add_document.sync(LETTER, organization_id="org-1", client_id="nobody", filename="letter.pdf")

    assert kept(folder) == []
    assert rows(connection) == 0


def test_a_client_must_be_the_organizations_own(folder: Path, connection: psycopg.Connection[Any]) -> None:
    connection.execute("INSERT INTO practice_organizations (id, name) VALUES ('org-1', 'One'), ('org-2', 'Two')")
    connection.execute(
        "INSERT INTO practice_clients (organization_id, id, name) VALUES ('org-1', 'client-1', 'Client')"
    )
    add_document.sync(LETTER, organization_id="org-1", client_id="client-1", filename="letter.pdf")

    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        add_document.sync(LETTER, organization_id="org-2", client_id="client-1", filename="letter.pdf")


def test_a_transaction_of_one_organization_adds_to_no_other(folder: Path, connection: psycopg.Connection[Any]) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT set_config('advisorjobs.organization', 'org-1', true)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            add_document.sync(LETTER, organization_id="org-2", filename="letter.pdf", connection=connection)


def test_what_the_transaction_worked_for_before_it_works_for_afterwards(
    folder: Path, connection: psycopg.Connection[Any]
) -> None:
    with connection.transaction():
        add_document.sync(LETTER, organization_id="org-1", filename="letter.pdf", connection=connection)
        assert connection.execute("SELECT current_setting('advisorjobs.organization', true)").fetchone() == ("",)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"data": b"bytes", "organization_id": "org-1"}, "filename"),
        ({"data": "/nowhere/at-all.pdf", "organization_id": "org-1"}, "data"),
        ({"data": b"bytes", "filename": "x", "organization_id": ""}, "organization_id"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(folder: Path, arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(PayloadError) as error:
        add_document.sync(**arguments)

    assert list(error.value.fields) == [field]
    assert kept(folder) == []


def test_a_blocking_connection_isnt_taken_for_an_async_one(folder: Path, connection: psycopg.Connection[Any]) -> None:
    import asyncio

    with pytest.raises(TypeError, match="add_document"):
        asyncio.run(add_document(LETTER, organization_id="o", filename="x", connection=connection))
    assert kept(folder) == []
    assert rows(connection) == 0


def test_an_unmigrated_database_is_said_and_keeps_no_file(
    documents_folder: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from advisorjobs.application import the_app

    monkeypatch.setenv("DATABASE_URL", empty_database)
    the_app.cache_clear()
    try:
        with pytest.raises(NotMigrated, match="advisorjobs migrate"):
            add_document.sync(LETTER, organization_id="org-1", filename="letter.pdf")
    finally:
        the_app().close()
        the_app.cache_clear()
    assert kept(documents_folder) == []


def test_an_ordinary_user_sees_the_documents_of_its_organization_only(
    folder: Path, connection: psycopg.Connection[Any]
) -> None:
    for organization in ("org-1", "org-2"):
        add_document.sync(LETTER, organization_id=organization, filename="letter.pdf")
    seen = {}
    for organization in ("org-1", "org-2", ""):
        with connection.transaction(force_rollback=True):
            connection.execute("SET LOCAL ROLE advisorjobs_tenant")
            connection.execute("SELECT set_config('advisorjobs.organization', %s, true)", [organization])
            seen[organization] = connection.execute("SELECT organization_id FROM practice_documents").fetchall()

    assert seen == {"org-1": [("org-1",)], "org-2": [("org-2",)], "": []}
