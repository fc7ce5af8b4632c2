"""The books of the testing kit's tests: jobs, the table that they write to, and ways to add to it."""

from __future__ import annotations

import psycopg
import pytest

from advisorjobs import get_queue_manager
from advisorjobs.testing import JobKit
from tests.testing import bookkeeping
from tests.testing.bookkeeping import CALLS

Connection = psycopg.Connection[object]


@pytest.fixture(autouse=True)
def books(monkeypatch: pytest.MonkeyPatch) -> None:
    """The practice's jobs are known."""
    monkeypatch.setenv("ADVISORJOBS_IMPORTS", bookkeeping.__name__)
    CALLS.clear()


@pytest.fixture
def entries(books: None, job_kit: JobKit, connection: Connection) -> Connection:
    """A connection to the test's database, where the table `entries` is."""
    connection.execute("CREATE TABLE entries (number int, organization_id text)")
    connection.execute("SELECT advisorjobs_isolate('entries')")
    return connection


async def add(name: str, queue: str = "critical", *, organization: str = "org-1", **fields: object) -> int:
    """Enqueues a job; options of the enqueueing and fields of the payload by name."""
    known = ("schedule_in", "schedule_at", "priority", "unique_key", "unique_for", "tags", "connection")
    options = {key: fields.pop(key) for key in known if key in fields}
    payload = {"organization_id": organization, **fields}
    return await get_queue_manager().add_job(queue, name, payload, **options)  # type: ignore[arg-type]


def entered(connection: Connection) -> list[int]:
    """The numbers that are in the books."""
    return [row[0] for row in connection.execute("SELECT number FROM entries ORDER BY number")]  # type: ignore[index]
