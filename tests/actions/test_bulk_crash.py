"""An action on 5 000 jobs whose worker is killed in the middle: another goes on, and each job is changed once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisorjobs.actions.actions import Actions
from advisorjobs.actions.bulk_actions import BulkAction
from advisorjobs.inspector.job_filter import JobFilter
from tests.fixtures.desk import Desk
from tests.fixtures.waiting import wait_for

JOBS = 5000
MIDDLE = 2750
"""The job that somebody else holds: the step that comes to it waits."""

ROOT = Path(__file__).parents[2]
Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def start_worker(database: str, tmp_path: Path) -> Iterator[Start]:
    """Starts workers of the queue maintenance; afterwards they and their children are dead."""
    started: list[subprocess.Popen[bytes]] = []
    environment = {"DATABASE_URL": database, "ADVISORJOBS_DATA_DIR": str(tmp_path), "ADVISORJOBS_LEASE": "2"}

    def start() -> subprocess.Popen[bytes]:
        with (tmp_path / f"worker-{len(started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "advisorjobs", "worker", "--queues", "maintenance"],
                env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def test_each_job_is_changed_once_though_a_worker_is_killed(
    ada: Actions, desk: Desk, database: str, start_worker: Start
) -> None:
    desk.one("SELECT setval('procrastinate_jobs_id_seq', 1000)")
    first = desk.enqueue(JOBS, args={"document_id": "doc-17"})[0]
    (other,) = desk.enqueue(args={"document_id": "doc-18"})
    number = ada.sync.propose("priority", wanted=JobFilter(payload="document_id=doc-17"), priority=8)

    def standing() -> BulkAction:
        found = ada.sync.read_action(number)
        assert found is not None
        return found

    assert standing().expected == JOBS
    with psycopg.connect(database) as elsewhere:
        elsewhere.execute("SELECT FROM procrastinate_jobs WHERE id = %s FOR UPDATE", [first + MIDDLE])
        ada.sync.confirm(number, "they are not urgent")
        worker = start_worker()
        wait_for(lambda: standing().done == MIDDLE // 500 * 500, "the step that waits")
        told = "SELECT (progress ->> 'total')::integer FROM procrastinate_jobs WHERE id = %s"
        assert wait_for(lambda: desk.one(told, standing().job_id), "its progress") == JOBS
        os.killpg(worker.pid, signal.SIGKILL)
    start_worker()
    wait_for(lambda: standing().state == "done", "the end of the action")
    changed = [
        job
        for row in desk.rows("SELECT job_ids FROM advisorjobs_audit WHERE part_of = %s", number)
        for job in row["job_ids"]
    ]
    assert sorted(changed) == list(range(first, first + JOBS))
    assert (standing().done, standing().refused) == (JOBS, 0)
    assert desk.one("SELECT priority FROM procrastinate_jobs WHERE id = %s", other) == -1
    assert desk.one("SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'critical' AND priority = -8") == JOBS
    runs = "SELECT result, run_no FROM advisorjobs_runs WHERE job_id = %s AND final"
    ended: dict[str, Any] = wait_for(lambda: desk.rows(runs, standing().job_id), "the end of its job")[0]
    assert ended["run_no"] > 1
    assert ended["result"] == {"changed": JOBS, "refused": 0}
