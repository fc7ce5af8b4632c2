"""Lines of log: an organization's transactions see their own only, and they go with the organization."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.database.statement import statement
from advisorjobs.inspector.inspector import Inspector
from advisorjobs.settings import Settings
from advisorjobs.telemetry_settings import Telemetry
from advisorjobs.tenancy.scope import scope
from tests.fixtures.desk import Desk

Connection = psycopg.Connection[Any]
LINES = """
    INSERT INTO advisorjobs_log_lines (job_id, run_no, no, at, level, text, organization_id)
    SELECT job, run, no, '2026-11-28 12:00Z'::timestamptz + make_interval(secs => no), 'info', format('%s.%s.%s', job, run, no),
           (ARRAY['a', 'b', NULL])[job]
      FROM generate_series(1, 3) job, generate_series(1, 2) run, generate_series(1, 2) no
"""


@pytest.fixture
def lines(connection: Connection) -> Connection:
    """Three jobs of two runs, each of which said two lines: of the organizations a and b, and of none."""
    connection.execute(LINES.encode())
    return connection


def test_an_organization_s_transaction_sees_its_own_lines_and_writes_none(lines: Connection) -> None:
    with lines.transaction(), scope(lines, "a"):
        seen = lines.execute("SELECT DISTINCT organization_id FROM advisorjobs_log_lines").fetchall()
        assert seen == [("a",)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege), lines.transaction():
            lines.execute("DELETE FROM advisorjobs_log_lines")


def test_the_lines_of_an_organization_that_is_removed_go_with_it(lines: Connection) -> None:
    with lines.transaction():
        lines.execute(statement("work_for"), {"organization": "a"})
        lines.execute("INSERT INTO practice_organizations (id, name) VALUES ('a', 'A')")
    with lines.transaction():
        lines.execute(statement("work_for"), {"organization": "a"})
        lines.execute(statement("remove_organization"), {"organization": "a"})

    left = lines.execute("SELECT DISTINCT organization_id FROM advisorjobs_log_lines ORDER BY 1").fetchall()
    assert left == [("b",), (None,)]


async def test_lines_are_read_by_job_run_and_organization(app: App, lines: Connection) -> None:
    inspector = Inspector(app)

    read = await inspector.read_log_lines(1, values=True)
    assert [(line.run, line.no, line.text) for line in read] == [
        (1, 1, "1.1.1"), (1, 2, "1.1.2"), (2, 1, "1.2.1"), (2, 2, "1.2.2"),
    ]  # fmt: skip
    assert [line.text for line in await inspector.read_log_lines(1, run=2, values=True)] == ["1.2.1", "1.2.2"]
    assert [line.text for line in await inspector.read_log_lines(1)] == [None] * 4
    assert len(await inspector.read_log_lines(1, organization_id="a")) == 4
    assert await inspector.read_log_lines(1, organization_id="b") == []
    assert await inspector.read_log_lines(3, organization_id="a") == []


def test_of_very_many_lines_the_newest_runs_are_read(app: App, connection: Connection) -> None:
    connection.execute(
        "INSERT INTO advisorjobs_log_lines SELECT 1, run, no, now(), 'info', '', 'a'"
        " FROM generate_series(1, 6) run, generate_series(1, 200) no"
    )
    read = Inspector(app).sync.read_log_lines(1)

    assert len(read) == 1000
    assert (read[0].run, read[-1].run, read[-1].no) == (2, 6, 200)


async def test_a_trace_s_page_is_read_by_job_and_organization(settings: Settings, desk: Desk) -> None:
    telemetry = Telemetry(trace_url="https://traces.test/{trace_id}")
    inspector = Inspector(App(replace(settings, telemetry=telemetry)))
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    (job,) = desk.enqueue(traceparent=traceparent, organization_id="a")
    page = "https://traces.test/0af7651916cd43dd8448eb211c80319c"

    assert await inspector.read_trace_link(job) == page
    desk.complete(*desk.claim())
    assert await inspector.read_trace_link(job, organization_id="a") == page
    assert await inspector.read_trace_link(job, organization_id="b") is None
    assert await inspector.read_trace_link(job + 1) is None
    inspector.app.close()
