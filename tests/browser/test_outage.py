"""The dashboard's own process in a browser while its database is away, and when it is told to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, expect

from advisorjobs.database.migrate import migrate
from tests.fixtures.apps import ROOT
from tests.fixtures.browser import opened
from tests.fixtures.clusters import Cluster, free_port
from tests.fixtures.waiting import wait_for

PATIENCE = 20_000
"""Milliseconds within which the page finds out about the database."""


@contextmanager
def dashboard_process(dsn: str, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`advisorjobs dashboard` once it answers, and its address."""
    port, said = free_port(), folder / "dashboard.log"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "DATABASE_URL": dsn,
        "ADVISORJOBS_DATA_DIR": str(folder),
    }
    command = [sys.executable, "-m", "advisorjobs", "dashboard", "--port", str(port)]
    with said.open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, said.read_text()
        try:
            return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    try:
        wait_for(answers, "the dashboard", seconds=60)
        yield process, url
    finally:
        process.kill()
        process.wait()


def test_pages_say_that_the_database_is_away_and_recover_and_the_process_ends_when_told_to(
    cluster: Cluster, browser: Browser, tmp_path: Path
) -> None:
    migrate(cluster.tcp_dsn)
    with dashboard_process(cluster.tcp_dsn, tmp_path) as (process, url), opened(browser, url) as tab:
        page = tab.go("/").page
        state = page.locator("[data-live-state]")
        expect(state).to_have_text("Live", timeout=PATIENCE)
        cluster.stop("immediate")
        expect(state).to_have_text("Not up to date", timeout=PATIENCE)
        expect(page.locator("h1")).to_have_text("Overview")
        tab.go("/jobs", status=503)
        expect(page.locator("main")).to_contain_text("The database is away")
        expect(page.get_by_role("link", name="Back to the overview")).to_be_visible()
        cluster.start()
        page.get_by_role("link", name="Back to the overview").click()
        wait_for(lambda: httpx.get(f"{url}/", timeout=30).status_code == 200, "the overview", seconds=30)
        tab.go("/")
        expect(state).to_have_text("Live", timeout=PATIENCE)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert tab.strangers == []
