"""The dashboard of a practice in the middle of its day, for all tests here; what they need to change they make themselves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser
from psycopg.rows import dict_row
from pytest_postgresql.executors import NoopExecutor

from advisorjobs.actions.actions import Actions
from advisorjobs.actor import Actor, Via
from advisorjobs.application import App
from advisorjobs.inspector.job_filter import JobFilter
from advisorjobs.manager import BlockingQueueManager
from advisorjobs.settings import Settings
from advisorjobs.testing import JobKit
from advisorjobs.testing.databases import new_database
from advisorjobs.testing.process import process_on
from ops.showcase.day import Day, fill_day
from tests.fixtures.browser import Tab, chromium, opened, served
from tests.fixtures.desk import Desk
from tests.fixtures.servers import TestServer

__all__ = ["JOB", "QUEUE", "Dashboard", "payload"]

QUEUE, JOB = "critical", "email:send"
"""Where the tests' own jobs are: nothing of the day is in that queue."""


def payload(organization: str = "practice-01", to: str = "ada@example.com") -> dict[str, Any]:
    """What the tests' jobs are given."""
    title = {"task_title": "Review the quarter"}
    return {"organization_id": organization, "type": "task_assignment", "to": to, "template_data": title}


@dataclass(frozen=True)
class Dashboard:
    """`url` of the web process; `day`: what is on it; `action`: on many jobs, only proposed; `dsn`: of its database."""

    url: str
    day: Day
    action: int
    dsn: str
    app: App

    @property
    def manager(self) -> BlockingQueueManager:
        return BlockingQueueManager(self.app)

    def rows(self, query: Any, *params: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.dsn, autocommit=True, row_factory=dict_row) as connection:
            return connection.execute(query, params or None).fetchall()

    def noted(self, subject: object) -> tuple[str, str | None, str]:
        """The audit log's newest row about *subject*: what was done, why, through what."""
        query = "SELECT action, why, via FROM advisorjobs_audit WHERE subject = %s AND part_of IS NULL ORDER BY id DESC LIMIT 1"
        found = self.rows(query, str(subject))
        assert found, f"nothing is noted of {subject}"
        return found[0]["action"], found[0]["why"], found[0]["via"]

    def waiting(self, count: int = 1, **fields: Any) -> list[int]:
        """New jobs that wait."""
        with closing(Desk(self.dsn, [])) as desk:
            return desk.enqueue(
                count, **{"name": JOB, "queue": QUEUE, "args": payload(), "organization_id": "practice-01", **fields}
            )

    def failed(self, count: int = 1, **fields: Any) -> list[int]:
        """New jobs that have failed."""
        jobs = self.waiting(count, **fields)
        with closing(Desk(self.dsn, [QUEUE])) as desk:
            desk.names = (JOB,)
            claimed = [job for job in desk.claim(QUEUE, free=100) if job.id in jobs]
            desk.settle(
                *claimed, status="failed", final=True, error_code="network", error_message="no answer", run_ms=5
            )
        return jobs

    def status(self, job: int) -> str:
        """How the job stands: the database's word for it."""
        return str(self.rows("SELECT status FROM procrastinate_jobs WHERE id = %s", job)[0]["status"])

    def work(self) -> None:
        """Lets a worker run what waits in the queue in which actions on many jobs are carried out."""

        def run() -> None:
            with process_on(self.dsn) as app:
                JobKit(app).sync.run_due(queue="maintenance")

        thread = threading.Thread(target=run)  # the browser's calls have an event loop running in this one
        thread.start()
        thread.join(60)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A module's browser. It ends with its tests: while Playwright runs, no event loop of other tests can."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def dashboard(
    server: TestServer, postgresql_noproc: NoopExecutor, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """A web process on a day's database."""
    with new_database(server, postgresql_noproc.template_dbname) as dsn:
        app = App(Settings(database_url=dsn, data_dir=tmp_path_factory.mktemp("dashboard")))
        app.publish()
        day = fill_day(dsn, app, hours=30)
        mira = Actions(app, Actor(via=Via.PYTHON, by="mira", role="admin")).sync
        action = mira.propose("retry", wanted=JobFilter(queue="document-processing"))
        with served(app) as url:
            yield Dashboard(url, day, action, dsn, app)
        app.close()


@pytest.fixture
def tab(browser: Browser, dashboard: Dashboard) -> Iterator[Tab]:
    """A tab at the dashboard. At its end nothing may have been complained about, and no other host asked."""
    with opened(browser, dashboard.url) as one:
        yield one
        assert one.take_complaints() == []


@pytest.fixture
def opens(browser: Browser, dashboard: Dashboard) -> Callable[..., Any]:
    """A tab with options of its own: `with opens(color_scheme="dark") as tab`."""
    return lambda **options: opened(browser, dashboard.url, **options)
