"""Time limits of the critical, maintenance and scheduled jobs: what they wait for hangs, in a real worker's children."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.fixtures.firms import Firms
from tests.fixtures.waiting import wait_for

ALERT = {"alert_type": "failed_logins", "title": "Five wrong passwords"}
FIRE = {"title": "Fire", "message": "Leave now."}
HANGING: list[tuple[str, str, dict[str, Any], str]] = [
    ("critical:emergency_notification", "practice_channels", FIRE, "org-1"),
    ("critical:security_alert", "practice_members", ALERT, "org-1"),
    ("maintenance:log_cleanup", "practice_webhook_events", {}, "org-1"),
    ("maintenance:clear_cache", "practice_cached", {}, "org-1"),
    ("maintenance:expired_locks", "advisorjobs_breakers", {}, "system"),
    ("scheduled:daily_reports", "practice_members", {}, "org-1"),
    ("scheduled:invoice_reminders", "practice_invoices", {}, "org-1"),
    ("scheduled:task_reminders", "practice_tasks", {}, "org-1"),
    ("scheduled:data_sync", "practice_connections", {}, "org-1"),
]


@pytest.fixture
def impatient_worker(firms: Firms, database: str, tmp_path: Path) -> Iterator[None]:
    """A worker process whose jobs of these queues may take a second and are not tried again."""
    limits = {
        f"ADVISORJOBS_{queue}_{what}": value
        for queue in ("CRITICAL", "MAINTENANCE", "SCHEDULED")
        for what, value in (("TIMEOUT", "1"), ("RETRIES", "0"))
    }
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DATABASE_URL": database, **limits}
    command = [sys.executable, "-m", "advisorjobs", "worker", "-q", "critical,maintenance,scheduled"]
    log = (tmp_path / "worker.log").open("wb")
    worker = subprocess.Popen(
        command, env={**env, "ADVISORJOBS_DATA_DIR": str(tmp_path)}, stdout=log, stderr=subprocess.STDOUT
    )
    yield
    worker.terminate()
    worker.wait(60)
    log.close()


@pytest.mark.usefixtures("impatient_worker")
def test_what_waits_for_a_table_that_somebody_holds_ends_by_its_time_limit(firms: Firms, database: str) -> None:
    firms.firm()
    with psycopg.connect(database) as other:
        for table in sorted({table for _, table, _, _ in HANGING}):
            other.execute(psycopg.sql.SQL("LOCK TABLE {}").format(psycopg.sql.Identifier(table)))
        jobs = {firms.queue(name, organization, **fields): name for name, _, fields, organization in HANGING}
        query = "SELECT job_id, status, error_code FROM job_executions WHERE job_id = ANY (%s) AND status <> 'running'"
        ended = wait_for(
            lambda: rows if len(rows := firms.rows(query, list(jobs))) == len(jobs) else None, "the limits", seconds=90
        )
        assert ended is not None

    found = {jobs[row["job_id"]]: (row["status"], row["error_code"]) for row in ended}
    assert found == dict.fromkeys(jobs.values(), ("timed_out", "timeout"))
    assert firms.mails() == []
