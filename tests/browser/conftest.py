"""The dashboard of a practice in the middle of its day, for all tests here; they leave it as they found it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser
from pytest_postgresql.executors import NoopExecutor

from advisorjobs.application import App
from advisorjobs.manager import BlockingQueueManager
from advisorjobs.settings import Settings
from advisorjobs.testing.databases import new_database
from ops.showcase.day import Day, fill_day
from tests.fixtures.browser import Tab, opened, served
from tests.fixtures.servers import TestServer


@dataclass(frozen=True)
class Dashboard:
    """`url` of the web process; `day`: what is on it; `dsn`: of its database."""

    url: str
    day: Day
    dsn: str
    app: App

    @property
    def manager(self) -> BlockingQueueManager:
        return BlockingQueueManager(self.app)


@pytest.fixture(scope="session")
def dashboard(
    server: TestServer, postgresql_noproc: NoopExecutor, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """A web process on a day's database."""
    with new_database(server, postgresql_noproc.template_dbname) as dsn:
        app = App(Settings(database_url=dsn, data_dir=tmp_path_factory.mktemp("dashboard")))
        app.publish()
        day = fill_day(dsn, app, hours=30)
        with served(app) as url:
            yield Dashboard(url, day, dsn, app)
        app.close()


Opens = Callable[..., Tab]


@pytest.fixture
def tab(browser: Browser, dashboard: Dashboard) -> Iterator[Tab]:
    """A tab at the dashboard. At its end nothing may have been complained about, and no other host asked."""
    with opened(browser, dashboard.url) as one:
        yield one
        assert (one.complaints, one.strangers) == ([], [])


@pytest.fixture
def opens(browser: Browser, dashboard: Dashboard) -> Callable[..., Any]:
    """A tab with options of its own: `with opens(color_scheme="dark") as tab`."""
    return lambda **options: opened(browser, dashboard.url, **options)
