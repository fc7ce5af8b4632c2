"""The README says what is so: its table is the queue table, and its programs run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

import advisorjobs
from advisorjobs.application import App
from advisorjobs.cli.queues import described
from advisorjobs.queues import QUEUES
from advisorjobs.settings import Settings
from tests.fixtures.apps import ROOT
from tests.fixtures.waiting import wait_for

README = (ROOT / "README.md").read_text("utf-8")
Program = Callable[..., subprocess.CompletedProcess[str]]


def blocks(language: str) -> Iterator[str]:
    return (match[1] for match in re.finditer(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE))


def program(name: str) -> str:
    (text,) = [block for block in blocks("python") if block.startswith(f"# {name}\n")]
    return text


def test_the_table_of_queues_is_the_programs_own() -> None:
    shown = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in README.partition("<!-- queues:")[2].partition("\n\n")[0].splitlines()
        if line.startswith("| ") and line.split("|")[1].strip() in QUEUES
    ]
    settings = Settings(data_dir=Path("/nowhere"))

    assert shown == [[name, *(value.text for _, value in described(settings, name))] for name in QUEUES]


def test_every_helper_is_named() -> None:
    helpers = [name for name in dir(advisorjobs) if name.startswith("queue_") and callable(getattr(advisorjobs, name))]
    assert [name for name in helpers if f"`{name}`" not in README] == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("practice_jobs.py", "greet.py", "documents.py", "limits.py"):
        (tmp_path / name).write_text(program(name))
    return tmp_path


def test_the_first_job_is_created_and_run(database: str, folder: Path, connection: psycopg.Connection[Any]) -> None:
    env = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database,
        "ADVISORJOBS_IMPORTS": "practice_jobs",
        "ADVISORJOBS_DATA_DIR": str(folder / "data"),
        "PYTHONPATH": str(folder),
    }

    def run(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, *arguments], env=env, cwd=folder, capture_output=True, text=True, check=True
        ).stdout

    run("-m", "advisorjobs", "migrate")
    number = int(run("greet.py"))
    worker = subprocess.Popen(
        [sys.executable, "-m", "advisorjobs", "worker", "--queues", "emails"],
        env=env,
        cwd=folder,
        stderr=subprocess.DEVNULL,
    )

    def result() -> Any:
        row = connection.execute(
            "SELECT result FROM job_executions WHERE job_id = %s AND status = 'completed'", [number]
        ).fetchone()
        return row and row[0]

    try:
        assert wait_for(result, "the job's result") == {"said": "Good morning, Windmill & Daughters"}
    finally:
        worker.terminate()
        worker.wait(30)


def test_the_documents_program_queues_a_pipeline_and_a_step(
    the_process: App, run_python: Program, folder: Path, connection: psycopg.Connection[Any]
) -> None:
    the_process.publish()
    done = run_python(str(folder / "documents.py"), ADVISORJOBS_DATA_DIR=str(folder / "data"))

    assert done.returncode == 0, done.stderr
    names = connection.execute("SELECT task_name FROM procrastinate_jobs ORDER BY id").fetchall()
    assert names == [("document:virus_scan",), ("document:ocr",)]


def test_the_limits_program_changes_a_queue_and_takes_it_back(
    the_process: App, run_python: Program, folder: Path, connection: psycopg.Connection[Any]
) -> None:
    the_process.publish()
    done = run_python(str(folder / "limits.py"))

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("RateLimit(starts=200,")
    assert connection.execute("SELECT count(*) FROM advisorjobs_queues WHERE changed_at IS NOT NULL").fetchone() == (0,)
    assert connection.execute("SELECT organization_id, weight FROM advisorjobs_organization_rules").fetchall() == [
        ("org-7", 4)
    ]


@pytest.mark.parametrize(
    "command",
    [
        "migrate",
        "worker",
        "jobs list",
        "jobs show",
        "jobs retry",
        "jobs cancel",
        "queues show",
        "queues limit",
        "queues pause",
        "queues resume",
        "queues clean",
        "schedules list",
        "completion",
        "stats",
        "doctor",
        "process",
    ],
)
def test_every_command_that_is_named_is_there(run_python: Program, command: str) -> None:
    assert f"advisorjobs {command}" in README
    assert run_python("-m", "advisorjobs", *command.split(), "--help").returncode == 0


def test_every_variable_that_is_named_may_be_set() -> None:
    named = set(re.findall(r"`((?:ADVISORJOBS|WORKER)_[A-Z_]+)`", README))
    known = "".join(file.read_text("utf-8") for file in (ROOT / "advisorjobs").glob("*settings.py"))

    assert named
    assert [name for name in sorted(named) if name not in known and not name.endswith("_SLOTS")] == []


def test_every_variable_that_may_be_set_is_named() -> None:
    sources = "".join(file.read_text("utf-8") for file in (ROOT / "advisorjobs").glob("*settings.py"))
    known = re.findall(
        r'"((?:ADVISORJOBS|WORKER|AZURE|SMTP|CLAMAV|QUICKBOOKS|STRIPE|DATABASE|REDIS)_[A-Z_]+[A-Z])"', sources
    )
    (table,) = re.findall(r"^## Configuration\n(.*?)^## ", README, re.DOTALL | re.MULTILINE)

    # `AZURE_STORAGE_ACCOUNT_NAME`, `_ACCOUNT_KEY`: what follows the first may be its ending alone
    assert len(known) > 40
    assert [name for name in known if f"`{name}`" not in table and f"`_{name.split('_', 2)[2]}`" not in table] == []


def test_every_job_has_its_section() -> None:
    page = (ROOT / "docs" / "jobs.md").read_text("utf-8")

    assert [name for name in advisorjobs.app.catalogue if f"`{name}`" not in page] == []
    assert set(re.findall(r"docs/jobs\.md#([a-z-]+)", README)) <= {
        title.lower() for title in re.findall(r"^## (.+)$", page, re.MULTILINE)
    }
