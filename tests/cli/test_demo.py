"""`advisorjobs demo`, whole: a day at the invented practice through all nine queues; what it says is what there is."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.cli.sending import new_secrets
from advisorjobs.cli.stage import SEED, set_stage
from advisorjobs.errors import PayloadError
from advisorjobs.practice.invented import invented_practice
from advisorjobs.practice.rows import total
from advisorjobs.queues import QUEUES
from advisorjobs.tenancy.scope import scope

Program = Callable[..., subprocess.CompletedProcess[str]]
FIRM = "paper-lantern"
QUEUED = {
    "critical": 3, "document-processing": 30, "ai-processing": 9, "webhooks": 2, "integrations": 2, "maintenance": 8,
}  # fmt: skip
"""Jobs of the queues in which no other job's result decides how many there are."""


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keeps files and keys of the process's own app below tmp_path."""
    monkeypatch.setenv("ADVISORJOBS_DATA_DIR", str(tmp_path / "data"))


def counted(connection: psycopg.Connection[Any], organization: str, table: str, more: str = "true") -> int:
    with scope(connection, organization):
        row = connection.execute(f"SELECT count(*) FROM practice_{table} WHERE {more}").fetchone()  # type: ignore[arg-type]
    return int(row[0]) if row else 0


@pytest.mark.slow
def test_a_day_through_all_nine_queues_says_what_there_is(
    run_python: Program, connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    done = run_python(
        "-m", "advisorjobs", "demo", "--json", "--output", str(folder), ADVISORJOBS_DATA_DIR=str(tmp_path / "data")
    )
    assert done.returncode == 0, done.stderr + done.stdout
    said = json.loads(done.stdout)
    queues = {each["queue"]: each for each in said["queues"]}

    assert list(queues) == list(QUEUES)
    for each in queues.values():
        assert each["completed"] == each["jobs"] > 0, each
        assert each["failed"] == each["unfinished"] == each["idle"] == 0, each
    assert {name: queues[name]["jobs"] for name in QUEUED} == QUEUED
    history = "SELECT queue, count(DISTINCT job_id) FROM job_executions WHERE status = 'completed' GROUP BY queue"
    assert dict(connection.execute(history).fetchall()) == {name: each["jobs"] for name, each in queues.items()}
    agrees_with_the_tables(said, connection)
    is_left_to_open(said, folder)
    assert "ai-processing: ai:detect_anomalies done after" in done.stderr


def agrees_with_the_tables(said: dict[str, Any], connection: psycopg.Connection[Any]) -> None:
    firm, _ = invented_practice(SEED, datetime.now(UTC).date())
    organization = said["organization"]
    assert organization == FIRM
    books = said["books"]
    with scope(connection, organization):
        booked = connection.execute(
            "SELECT sum(amount) FROM practice_transactions WHERE source = 'document'"
        ).fetchone()
        by_stripe = "SELECT status, paid, total, external_id FROM practice_invoices WHERE source = 'stripe'"
        paid = connection.execute(by_stripe).fetchall()

    assert books["transactions"] == counted(connection, organization, "transactions")
    assert books["from_documents"] == len(firm.arriving)
    assert booked == (total(each.amount for each in firm.arriving),)
    assert isinstance(booked[0], Decimal)
    assert books["classified"] > 300
    assert said["files"]["reports"] == len(said["reports"]) == counted(connection, organization, "reports")
    assert {each["format"] for each in said["reports"]} == {"pdf", "excel", "csv"}
    assert said["files"]["mails"] == sum(said["mails"].values()) == counted(connection, organization, "mails")
    assert len(said["findings"]) == counted(connection, organization, "findings")
    assert {each["kind"] for each in said["findings"]} == {"insight", "forecast", "anomaly"}
    assert said["planted"]["oddities"] == 12
    assert 10 <= said["planted"]["found"] <= 12  # the day decides what else is in the books
    assert sum(said["documents"].values()) == said["files"]["documents"] == 6
    assert books["events"] == 2
    (sent,) = (each for each in firm.invoices if each.source == "stripe")
    assert paid == [("paid", sent.total, sent.total, sent.external_id)]


def is_left_to_open(said: dict[str, Any], folder: Path) -> None:
    assert said["folder"] == str(folder)
    assert len(list((folder / "thumbnails").glob("*.png"))) == 6
    assert {each.stem for each in (folder / "mails").glob("*.eml")} == {
        each.stem for each in (folder / "mails").glob("*.html")
    }
    for kind, begins in {"pdf": b"%PDF", "xlsx": b"PK", "csv": b"\xef\xbb\xbf"}.items():
        files = list((folder / "reports").glob(f"*.{kind}"))
        assert files
        assert all(each.read_bytes().startswith(begins) for each in files)


def test_it_begins_anew_with_the_same_firm(the_process: App, connection: psycopg.Connection[Any]) -> None:
    first = set_stage(connection, FIRM, new_secrets())
    first.open()
    before = counted(connection, FIRM, "transactions")
    second = set_stage(connection, FIRM, new_secrets())

    assert second.firm.transactions == first.firm.transactions
    assert counted(connection, FIRM, "transactions") == before == len(first.firm.transactions)
    assert counted(connection, FIRM, "documents") == 0
    assert counted(connection, FIRM, "connections") == 2
    waiting = connection.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'").fetchone()
    assert waiting == (0,)
    assert second.look().jobs == []
    assert second.first > first.first


def test_a_firm_of_that_name_which_is_not_the_demos_is_left_alone(
    the_process: App, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("INSERT INTO practice_organizations (id, name) VALUES (%s, 'A real firm')", [FIRM])

    with pytest.raises(PayloadError, match="A real firm"):
        set_stage(connection, FIRM, new_secrets())
    assert connection.execute("SELECT name FROM practice_organizations").fetchall() == [("A real firm",)]


def test_a_folder_with_files_of_others_is_refused_and_left_alone(run_python: Program, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = run_python("-m", "advisorjobs", "demo", "--output", str(tmp_path), ADVISORJOBS_DATA_DIR="/nonexistent")

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "holds files of others: name a new folder" in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["mine.txt"]
