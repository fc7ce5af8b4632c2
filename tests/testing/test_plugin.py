"""A practice's own project, tested with the kit: its tests are run by pytest in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import psycopg
import pytest

from advisorjobs.testing.databases import new_database
from tests.fixtures.servers import TestServer

FILES = {
    "pytest.ini": """
        [pytest]
        pythonpath = .
        asyncio_mode = auto
        asyncio_default_fixture_loop_scope = function
    """,
    "invoices.py": """
        from advisorjobs import JobRun, Payload
        from advisorjobs.backoff import fixed
        from advisorjobs.task import task


        class InvoicePayload(Payload):
            invoice: int


        @task("invoice:remind", payload=InvoicePayload, queue="emails", retries=2, backoff=fixed(60))
        async def remind(job: JobRun[InvoicePayload]) -> str:
            async with job.transaction() as connection:
                await connection.execute(
                    "UPDATE bills SET reminded = reminded + 1 WHERE id = %s", [job.payload.invoice]
                )
                job.result = "reminded"
            return "reminded"


        @task("invoice:archive", payload=InvoicePayload, queue="maintenance")
        def archive(job: JobRun[InvoicePayload]) -> int:
            with job.connection() as connection:
                connection.execute("UPDATE bills SET archived = true WHERE id = %s", [job.payload.invoice])
            return job.payload.invoice
    """,
    "conftest.py": """
        import psycopg
        import pytest

        pytest_plugins = ["advisorjobs.testing.plugin"]


        def make_tables(dsn):
            with psycopg.connect(dsn) as connection:
                connection.execute(
                    "CREATE TABLE bills (id int PRIMARY KEY, organization_id text NOT NULL,"
                    " reminded int NOT NULL DEFAULT 0, archived bool NOT NULL DEFAULT false)"
                )
                connection.execute("SELECT advisorjobs_isolate('bills')")


        @pytest.fixture(scope="session")
        def advisorjobs_schema():
            return make_tables


        @pytest.fixture
        def database(advisorjobs_database):
            with psycopg.connect(advisorjobs_database, autocommit=True) as connection:
                connection.execute("SET advisorjobs.organization = 'org-1'")
                connection.execute("INSERT INTO bills VALUES (1, 'org-1')")
                connection.execute("RESET advisorjobs.organization")
                yield connection
    """,
    "test_invoices.py": """
        from datetime import timedelta

        from advisorjobs import get_queue_manager

        INVOICE = {"organization_id": "org-1", "invoice": 1}


        def test_an_invoice_that_is_written_is_reminded_of_a_month_later(job_kit, database):
            kit = job_kit.sync
            with database.transaction():
                get_queue_manager().sync.add_job(
                    "emails", "invoice:remind", INVOICE, schedule_in=timedelta(days=30), connection=database
                )
                kit.assert_enqueued("invoice:remind", scheduled_in=timedelta(days=30), only=True, connection=database)
            assert kit.run_due() == []
            kit.travel(timedelta(days=30))
            assert [ran.result for ran in kit.run_due()] == ["reminded"]


        def test_a_reminder_goes_out_once_though_the_worker_dies(job_kit, database):
            get_queue_manager().sync.add_job("emails", "invoice:remind", INVOICE)
            ran = job_kit.sync.drain(crash_at="before_commit")
            assert [each.status for each in ran] == ["crashed", "completed"]
            assert database.execute("SELECT reminded FROM bills").fetchone() == (1,)


        def test_nothing_of_another_test_is_here(job_kit, database):
            job_kit.sync.assert_enqueued(count=0)
            assert database.execute("SELECT reminded FROM bills").fetchall() == [(0,)]


        async def test_a_blocking_job_runs_too(job_kit, database):
            await get_queue_manager().add_job("maintenance", "invoice:archive", INVOICE)
            assert [ran.result for ran in await job_kit.run_due()] == [1]
            assert database.execute("SELECT archived FROM bills").fetchone() == (True,)


        def test_a_failing_assertion_says_what_is_there(job_kit, database):
            get_queue_manager().sync.add_job("emails", "invoice:remind", INVOICE)
            job_kit.sync.assert_enqueued("invoice:remind", payload={"invoice": 2})
    """,
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(dedent(text))
    return tmp_path


@pytest.fixture
def start_pytest(server: TestServer, project: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts pytest on the project, with the tests' server as its own."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(project),
        "TEST_DATABASE_URL": server.dsn(),
        "ADVISORJOBS_IMPORTS": "invoices",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    options = ["-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *options, *arguments], cwd=project, env=env, stdout=subprocess.PIPE, text=True
        )

    return start


def test_a_project_s_tests_pass_and_fail_as_they_should(
    server: TestServer, start_pytest: Callable[..., subprocess.Popen[str]]
) -> None:
    """Two at once, as under pytest-xdist: neither sees the other, and neither leaves a database."""
    runs = [start_pytest(), start_pytest()]
    said = [run.communicate(timeout=300)[0] for run in runs]

    for text in said:
        assert "1 failed, 4 passed" in text, text
        assert "AssertionError: expected at least one of invoice:remind payload={'invoice': 2}; 0 enqueued" in text
        assert "invoice:remind: payload.invoice is 1, not 2" in text
    with psycopg.connect(server.dsn()) as connection:
        names = [row[0] for row in connection.execute("SELECT datname FROM pg_database")]
    assert [name for name in names for run in runs if name.startswith(f"aj_{run.pid}_")] == []


def test_a_forked_process_drops_no_database_of_its_parent(server: TestServer) -> None:
    made = new_database(server)
    with made as dsn:
        child = os.fork()
        if child == 0:
            made.__exit__(None, None, None)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
