"""`advisorjobs process` and the commands around it, as a person or a script calls them, on a real database."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.fixtures.apps import ROOT
from tests.fixtures.clamd import RunningClamd, eicar
from tests.fixtures.waiting import wait_for

Program = Callable[..., subprocess.CompletedProcess[str]]
DATA = ROOT.parent / "shared" / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where this test's files are."""
    for name in ("invoice-english.pdf", "letter.pdf"):
        (tmp_path / name).write_bytes((files("advisorjobs.samples") / name).read_bytes())
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing")
    return tmp_path


@pytest.fixture
def advisorjobs(run_python: Program, tmp_path: Path) -> Program:
    """The command, with its data below tmp_path."""
    data = str(tmp_path / "data")
    return lambda *arguments, **environment: run_python(
        "-m", "advisorjobs", *arguments, **{"ADVISORJOBS_DATA_DIR": data, **environment}
    )


def objects(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_json_is_one_object_per_file_in_the_order_given(advisorjobs: Program, folder: Path) -> None:
    paths = [str(folder / name) for name in ("letter.pdf", "broken.pdf", "invoice-english.pdf")]
    done = advisorjobs("process", *paths, "--json")
    letter, broken, invoice = objects(done)

    assert done.returncode == 1
    assert [each["file"] for each in (letter, broken, invoice)] == paths
    assert (letter["status"], letter["document_type"]) == ("completed", "letter")
    assert (broken["status"], broken["error_code"]) == ("failed", "validation")
    assert "damaged" in broken["error"]
    assert invoice["fields"]["total"]["value"] == "1278.60"
    assert invoice["fields"]["date"]["value"] == "2024-03-12"
    assert (invoice["pages"], invoice["scan"], invoice["engine"]) == (1, "not_scanned", "local")
    assert Path(invoice["thumbnail"]).read_bytes().startswith(b"\x89PNG")


def test_a_person_gets_lines_while_it_runs_and_an_account_at_the_end(advisorjobs: Program, folder: Path) -> None:
    done = advisorjobs("process", str(folder / "invoice-english.pdf"), NO_COLOR="1")

    assert done.returncode == 0, done.stderr
    assert "invoice-english.pdf: document:ocr done" in done.stderr
    assert "Paper Lantern Bookkeeping Ltd" in done.stdout
    assert "1 completed" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_an_infected_file_fails_and_says_infected(advisorjobs: Program, folder: Path, clamd: RunningClamd) -> None:
    (folder / "virus.pdf").write_bytes(eicar())
    done = advisorjobs("process", str(folder / "virus.pdf"), "--json", CLAMAV_SOCKET=str(clamd.by_socket.socket))
    (found,) = objects(done)

    assert (found["status"], found["error_code"], found["scan"]) == ("failed", "validation", "infected")
    assert "Test.Eicar" in found["error"]


def test_an_unmigrated_database_is_migrated_first(empty_database: str, advisorjobs: Program, folder: Path) -> None:
    done = advisorjobs("process", str(folder / "letter.pdf"), "--json", DATABASE_URL=empty_database)

    assert objects(done)[0]["status"] == "completed"


def test_it_works_for_an_ordinary_owner_who_sees_no_document_unasked(
    owned_database: str, advisorjobs: Program, folder: Path
) -> None:
    done = advisorjobs("process", str(folder / "letter.pdf"), "--json", DATABASE_URL=owned_database)
    with psycopg.connect(owned_database) as connection:
        seen = connection.execute("SELECT count(*) FROM practice_documents").fetchone()

    assert objects(done)[0]["status"] == "completed", done.stderr
    assert seen == (0,)


@pytest.mark.slow
def test_hostile_files_end_their_own_job_and_nothing_else(advisorjobs: Program) -> None:
    names = ["encrypted", "password-is-test", "invalid", "enormous", "hugemono", "blank", "no_contents", "invalid_pdf"]
    paths = [str(DATA / "hostile" / f"{name}.pdf") for name in names]
    if not (DATA / "hostile").exists():
        pytest.skip("the hostile files in ../shared/data are not here")
    found = dict(zip(names, objects(advisorjobs("process", *paths, "--json")), strict=True))

    for name, word in {"encrypted": "password", "password-is-test": "password", "invalid": "damaged"}.items():
        assert (found[name]["status"], found[name]["error_code"]) == ("failed", "validation")
        assert word in found[name]["error"]
    for name in ("blank", "no_contents"):
        assert (found[name]["status"], found[name]["text"], found[name]["document_type"]) == ("completed", "", "other")
    assert found["invalid_pdf"]["text"]
    assert all(found[name]["status"] == "completed" for name in ("enormous", "hugemono"))


def test_the_worker_goes_when_the_command_is_killed(database: str, folder: Path, tmp_path: Path) -> None:
    done = subprocess.Popen(
        [sys.executable, "-m", "advisorjobs", "process", str(folder / "letter.pdf"), "--json"],
        env={"PATH": "/usr/bin", "DATABASE_URL": database, "ADVISORJOBS_DATA_DIR": str(tmp_path / "data")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with psycopg.connect(database, autocommit=True) as connection:

        def workers() -> int:
            row = connection.execute("SELECT count(*) FROM advisorjobs_workers WHERE stopped_at IS NULL").fetchone()
            return int(row[0]) if row else 0

        wait_for(workers, "the worker's start")
        done.send_signal(signal.SIGKILL)
        done.wait()
        wait_for(lambda: not workers(), "the worker's end")


def test_jobs_are_listed_shown_and_retried(advisorjobs: Program, folder: Path) -> None:
    advisorjobs("process", str(folder / "broken.pdf"), "--json")
    failed = objects(advisorjobs("jobs", "list", "--status", "failed", "--json"))
    number = str(next(job["id"] for job in failed if job["name"] == "document:ocr"))

    assert {job["name"] for job in failed} == {"document:ocr", "document:thumbnail"}
    assert "the PDF file is damaged" not in advisorjobs("jobs", "show", number).stdout
    assert "message: the PDF file is damaged" in advisorjobs("jobs", "show", number, "--values").stdout
    assert objects(advisorjobs("jobs", "show", number, "--json"))[0]["runs"][-1]["status"] == "failed"
    assert advisorjobs("jobs", "retry", number).stdout == f"job {number} waits to run again\n"
    assert [job["id"] for job in objects(advisorjobs("jobs", "list", "--status", "waiting", "--json"))] == [int(number)]
    assert advisorjobs("jobs", "cancel", number).stdout == f"job {number} is cancelled\n"
    assert advisorjobs("jobs", "list", "--status", "waiting").stdout == "no jobs\n"


def test_the_values_of_a_payload_are_not_printed(advisorjobs: Program, folder: Path) -> None:
    advisorjobs("process", str(folder / "broken.pdf"), "--organization", "secret-firm-id", "--json")
    (job, *_) = objects(advisorjobs("jobs", "list", "--status", "failed", "--json"))
    shown = objects(advisorjobs("jobs", "show", str(job["id"]), "--json"))[0]

    assert shown["fields"] == ["document_id", "organization_id", "pipeline"]
    assert shown["payload"] is None


def test_queues_are_shown_with_the_origin_of_each_value(advisorjobs: Program) -> None:
    done = advisorjobs("queues", "show", "emails", "--json", WORKER_CONCURRENCY="7", ADVISORJOBS_EMAILS_TIMEOUT="9")
    (emails,) = objects(done)

    assert emails["slots"] == {"value": 7, "origin": "WORKER_CONCURRENCY"}
    assert emails["timeout"] == {"value": 9.0, "origin": "ADVISORJOBS_EMAILS_TIMEOUT"}
    assert emails["rate_limit"] == {"value": "100/min", "origin": "table"}
    assert len(advisorjobs("queues", "show").stdout.splitlines()) == 10


def test_stats_count_what_each_queue_holds(advisorjobs: Program, folder: Path) -> None:
    advisorjobs("process", str(folder / "broken.pdf"), "--json")
    counts = {row["queue"]: row for row in objects(advisorjobs("stats", "--json"))}

    assert (counts["document-processing"]["failed"], counts["document-processing"]["completed"]) == (2, 1)
    assert counts["emails"]["waiting"] == 0
    assert "document-processing" in advisorjobs("stats").stdout


def test_doctor_says_what_is_well_and_what_is_not(advisorjobs: Program, empty_database: str) -> None:
    well = advisorjobs("doctor")
    unmigrated = advisorjobs("doctor", "--json", DATABASE_URL=empty_database)
    states = {found["about"]: found["state"] for found in objects(unmigrated)}

    assert well.returncode == 0, well.stdout
    assert "the database is up to date" in well.stdout
    assert "none is alive: start one with `advisorjobs worker`" in well.stdout
    assert unmigrated.returncode == 1
    assert (states["database"], states["migrations"]) == ("ok", "wrong")


def test_doctor_in_production_wants_every_key(advisorjobs: Program) -> None:
    done = advisorjobs("doctor", ADVISORJOBS_ENV="production")

    assert done.returncode == 1
    assert "AZURE_STORAGE_ACCOUNT_KEY is not set, and queue reports needs it: set it" in done.stdout
    assert "(ADVISORJOBS_ENV=production forbids the local engine)" in done.stdout


def test_migrate_checks_and_applies(advisorjobs: Program, empty_database: str) -> None:
    check = advisorjobs("migrate", "--check", DATABASE_URL=empty_database)
    first = advisorjobs("migrate", DATABASE_URL=empty_database)
    again = advisorjobs("migrate", DATABASE_URL=empty_database)

    assert check.returncode == 1
    assert "pending  0030_documents" in check.stdout
    assert "applied  0030_documents" in first.stdout
    assert again.stdout == "the database is up to date\n"
