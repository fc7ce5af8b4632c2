"""docs/sql.md: its examples run, with the clients that they are written for, and it names all that there is."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from tests.fixtures.node import packages, run_node
from tests.house.tree import ROOT
from tests.ops.sql.question import QUESTIONS

PAGE = (ROOT / "docs" / "sql.md").read_text("utf-8")
Connection = psycopg.Connection[Any]
VIEWS = (
    "queue_stats",
    "queue_latency",
    "job_executions",
    "recent_failures",
    "error_analysis",
    "slow_jobs",
    "worker_stats",
    "organization_stats",
    "schedules",
)
FUNCTIONS = """
    SELECT p.proname::text, p.proargnames[1:p.pronargs]
      FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.proname !~ '^(advisorjobs|procrastinate)_'
"""
COLUMNS = "SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
PRISMA_SCHEMA = """
generator client {
  provider = "prisma-client-js"
}

datasource db {
  provider = "postgresql"
}

"""


def blocks(*languages: str) -> Iterator[str]:
    pattern = rf"^```(?:{'|'.join(languages)})\n(.*?)^```"
    return (found[1] for found in re.finditer(pattern, PAGE, re.DOTALL | re.MULTILINE))


def section(title: str) -> str:
    """The text below the heading that has *title* in it."""
    found = re.search(rf"^##+ [^\n]*\b{title}\b[^\n]*\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None, title
    return found[1]


def created(app: App, connection: Connection) -> dict[str, Any]:
    """Name -> payload of the jobs that were created, as Python accepts it."""
    rows = connection.execute(
        "SELECT task_name, args FROM procrastinate_jobs UNION ALL SELECT job_name, input FROM job_executions"
    ).fetchall()
    return {name: app.catalogue[name].payload.model_validate(args) for name, args in rows}


def test_the_sql_runs_from_top_to_bottom(app: App, connection: Connection) -> None:
    for block in blocks("sql"):
        for statement in block.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())

    rows = created(app, connection)
    assert {"document:ocr", "scheduled:data_sync"} <= rows.keys()


def test_the_examples_for_node_run_with_its_real_client(
    app: App, database: str, connection: Connection, tmp_path: Path
) -> None:
    modules = packages("node", "Node's client for PostgreSQL")
    program = tmp_path / "examples.mjs"
    program.write_text("".join(block for block in blocks("js") if "// prisma.mjs" not in block))
    done = run_node(modules, program, database)

    assert (done.returncode, done.stderr) == (0, "")
    assert created(app, connection).keys() == {"document:thumbnail", "email:send"}
    assert connection.execute("SELECT id FROM bills").fetchall() == [("inv-1",)]
    assert connection.execute("SELECT status FROM job_executions WHERE job_name = 'document:thumbnail'").fetchall() == [
        ("cancelled",),
        ("cancelled",),
    ]


@pytest.mark.slow
def test_the_example_for_prisma_runs_with_its_real_client(
    app: App, database: str, connection: Connection, tmp_path: Path
) -> None:
    modules = packages("prisma", "Prisma")
    connection.execute("CREATE TABLE bills (id text PRIMARY KEY, total numeric NOT NULL)")
    (model,) = blocks("prisma")
    schema = modules / "schema.prisma"
    schema.write_text(PRISMA_SCHEMA + model)
    # generating needs no engine; without this it would fetch one
    env = {**os.environ, "PRISMA_SCHEMA_ENGINE_BINARY": "/bin/true", "PRISMA_HIDE_UPDATE_MESSAGE": "1"}
    command = [str(modules / ".bin" / "prisma"), "generate", "--schema", str(schema)]
    generated = subprocess.run(command, cwd=modules.parent, env=env, capture_output=True, text=True, check=False)
    assert generated.returncode == 0, generated.stderr
    program = tmp_path / "prisma.mjs"
    (example,) = (block for block in blocks("js") if "// prisma.mjs" in block)
    program.write_text(example)
    done = run_node(modules, program, database)

    assert (done.returncode, done.stderr) == (0, "")
    rows = connection.execute(
        "SELECT task_name, priority, scheduled_at > now() + interval '6 days' FROM procrastinate_jobs"
    )
    assert rows.fetchall() == [("email:send", -2, True)]
    assert created(app, connection).keys() == {"email:send"}
    assert connection.execute("SELECT id FROM bills").fetchall() == [("inv-2",)]


def test_every_function_for_people_is_described_with_its_arguments(connection: Connection) -> None:
    for name, arguments in connection.execute(FUNCTIONS).fetchall():
        limits = name.startswith(("set_", "reset_", "remove_"))
        text = section("Limits" if limits else name)
        if limits:
            assert f"`{name}`" in text
        elif not name.endswith("_schedule"):
            assert [each for each in arguments if f"`{each}`" not in text] == [], name


def test_every_view_is_described_with_its_columns(connection: Connection) -> None:
    executions = section("job_executions")
    for view in VIEWS:
        text = section(view)
        if "The columns of `job_executions`" in text:
            text += executions
        columns = [name for (name,) in connection.execute(COLUMNS, [view]).fetchall()]
        assert [name for name in columns if f"`{name}`" not in text] == [], view


def test_get_jobs_columns_are_described(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM get_job(0)")
        assert [each.name for each in cursor.description or () if f"`{each.name}`" not in section("get_job")] == []


def test_every_question_is_listed_and_there() -> None:
    assert sorted(re.findall(r"^\| `(\w+)\.sql` \|", section("Questions for psql"), re.MULTILINE)) == sorted(QUESTIONS)


def test_every_heading_that_is_linked_is_there() -> None:
    anchors = {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^##+ (.*)$", PAGE, re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) <= anchors
