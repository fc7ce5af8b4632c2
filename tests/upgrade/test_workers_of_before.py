"""Workers of the version before go on at a database that is newer: their own statements, as they were, do their work."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import tuple_row

from advisorjobs.database import scripts
from advisorjobs.database.migrate import migrate
from tests.fixtures.desk import Desk

RELEASED = Path(__file__).parent / "released"
"""Statements of the version before, which read rows by position."""

JOB_COLUMNS = 14
VISIT_COLUMNS = ("cursor", "start_within", "opens_in", "limited", "closed", "fair")
TRACEPARENT = f"00-{'1' * 32}-{'2' * 16}-01"
BALANCES = ("report:financial", "report:client_overview", "report:monthly")
NAMES = ("test:work", *BALANCES)


class OldDesk:
    """A worker of the version before, one call at a time."""

    def __init__(self, dsn: str) -> None:
        self.connection = psycopg.connect(dsn, autocommit=True, row_factory=tuple_row)
        self.token = uuid.uuid4().hex
        ((self.worker,),) = self.run(
            "register_worker",
            token=self.token, name="old", queues=["critical"], slots=[10], names=list(NAMES), lease=60.0,
        )  # fmt: skip

    def run(self, operation: str, /, **params: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute((RELEASED / f"{operation}.sql").read_bytes(), params or None).fetchall()

    def enqueue(self, **fields: Any) -> int:
        job = {"name": "test:work", "queue": "critical", "args": {"n": 1}, **fields}
        ((job_id, *_),) = self.run("enqueue_jobs", jobs=json.dumps([job]))
        return int(job_id)

    def claim(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """Rows about jobs, without what follows a job's columns, and rows about queues: as that version cut them."""
        asked = {"worker": self.worker, "token": self.token, "queues": ["critical"], "free": [10], "names": list(NAMES)}
        rows = self.run("claim_jobs", **asked, look_aside=True, cursors=[None], aged=[0])
        jobs = [row[:JOB_COLUMNS] for row in rows if row[0] is not None]
        return jobs, [(row[1], *row[JOB_COLUMNS:]) for row in rows[len(jobs) :]]


@pytest.fixture
def old_desk(database: str) -> Iterator[OldDesk]:
    desk = OldDesk(database)
    yield desk
    desk.connection.close()


def test_it_claims_and_completes_by_the_columns_that_it_knows(old_desk: OldDesk, desk: Desk) -> None:
    job_id = old_desk.enqueue(organization_id="org-1", tags=["t"], lock="l", traceparent=TRACEPARENT)
    ((job,), (visit,)) = old_desk.claim()
    assert job == (job_id, "critical", "test:work", -3, "l", None, {"n": 1}, None, 1, 1, 0, False, "org-1", ["t"])
    assert len(visit) == 1 + len(VISIT_COLUMNS)
    assert visit[0] == "critical"
    assert visit[4:] == (False, False, True)

    ((alive, before),) = old_desk.run("beat", worker=old_desk.worker, token=old_desk.token)
    assert alive
    assert old_desk.run("reconcile", worker=old_desk.worker, claims=[old_desk.token], before=before) == [(None, [])]
    done = {"ids": [job_id], "run_nos": [1], "tokens": [old_desk.token], "run_ms": [5], "results": ["{}"]}
    assert old_desk.run("complete_runs", **done, locks=["l"], patience=None) == [([job_id],)]
    assert desk.rows("SELECT status, run_number, result FROM job_executions") == [
        {"status": "completed", "run_number": 1, "result": {}}
    ]


def test_it_gives_back_and_says_that_it_waits(old_desk: OldDesk, desk: Desk) -> None:
    job_id = old_desk.enqueue()
    old_desk.claim()
    run = {"id": job_id, "run_no": 1, "token": old_desk.token, "status": "retrying", "final": False, "delay": 60}
    assert old_desk.run("settle_runs", runs=json.dumps([run]), patience=None) == [([job_id],)]
    ((due,),) = old_desk.run("next_due")
    assert 50 < due <= 60
    old_desk.run("set_waiting", worker=old_desk.worker, waiting=True)
    assert desk.one("SELECT waiting FROM advisorjobs_workers WHERE id = %s", old_desk.worker)


def test_reports_that_it_could_not_make_any_more_are_left_to_a_new_worker(old_desk: OldDesk, database: str) -> None:
    reports, other = [old_desk.enqueue(name=name) for name in BALANCES], old_desk.enqueue()
    jobs, _ = old_desk.claim()
    assert [row[0] for row in jobs] == [other]

    new = Desk(database, names=NAMES)
    assert [job.id for job in new.claim(look_aside=True)] == reports
    new.close()


def test_it_cleans_step_by_step_and_each_is_noted(old_desk: OldDesk, desk: Desk) -> None:
    old_desk.enqueue()
    cleaning = {"queue": "critical", "states": ["waiting"], "before": "infinity"}
    ((done, after),) = old_desk.run("clean_step", **cleaning, after=0)
    assert done == 1
    assert old_desk.run("clean_step", **cleaning, after=after) == [(0, None)]
    assert desk.one("SELECT array_agg(count) FROM advisorjobs_audit WHERE action = 'clean'") == [1]


def test_a_claim_that_was_prepared_before_goes_on_after_the_functions_were_made_anew(
    old_desk: OldDesk, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer's shape stays: a prepared statement's may not change."""
    old_desk.connection.prepare_threshold = 0
    assert old_desk.claim()[0] == []
    monkeypatch.setattr(scripts, "functions_checksum", lambda: "of a newer version")
    assert migrate(database).applied
    job_id = old_desk.enqueue()
    assert [row[0] for row in old_desk.claim()[0]] == [job_id]
