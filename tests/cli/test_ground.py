"""What commands stand on: one at a time where it must be, and files in the data folder."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from advisorjobs.cli.ground import AlreadyRunning, Program, only_one
from advisorjobs.cli.web_process import web_process, why_not
from advisorjobs.errors import SettingsError
from advisorjobs.proxy_settings import PublicUrl
from advisorjobs.settings import Settings
from advisorjobs.web.server import dashboard_address


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def test_a_second_one_is_told_of_the_first_and_may_come_after_it(settings: Settings) -> None:
    with (
        only_one(settings, "demo"),
        pytest.raises(AlreadyRunning, match=r"a demo runs already with the data in .*data: wait"),
    ):
        only_one(settings, "demo").__enter__()
    with only_one(settings, "demo"):
        pass


def test_a_data_folder_that_is_made_for_a_lock_lets_the_databases_account_through(settings: Settings) -> None:
    before = os.umask(0o077)
    try:
        with only_one(settings, "demo"):
            assert settings.data_dir.stat().st_mode & 0o777 == 0o755
    finally:
        os.umask(before)


def test_a_data_folder_that_cant_be_made_is_named(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    elsewhere = replace(settings, data_dir=tmp_path / "file" / "data")

    with (
        pytest.raises(
            SettingsError, match=r"ADVISORJOBS_DATA_DIR='.*/file/data' can't be used: the folder can't be written"
        ),
        only_one(elsewhere, "demo"),
    ):
        pass


def test_a_taken_port_is_said_in_a_few_words(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = why_not(replace(settings, webhooks=replace(settings.webhooks, port=port)))

    assert said == f"port {port} can't be had (address already in use): name another with ADVISORJOBS_WEB_PORT"


def test_the_dashboard_is_named_as_browsers_reach_it(settings: Settings) -> None:
    public = replace(settings, access=replace(settings.access, public=PublicUrl("https", "jobs.example", "/desk")))
    assert dashboard_address(public, "127.0.0.1", 8750) == "https://jobs.example/desk/"
    assert dashboard_address(settings, "127.0.0.1", 8750) == "http://127.0.0.1:8750/"
    assert dashboard_address(settings, "::1", 8750) == "http://[::1]:8750/"


def test_up_names_the_public_address_of_its_dashboard(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def program(*_: object) -> Iterator[Program]:
        yield Program(cast("subprocess.Popen[bytes]", None), Path("/log"), "dashboard")

    monkeypatch.setattr("advisorjobs.cli.web_process.program", program)
    monkeypatch.setattr("advisorjobs.cli.web_process.why_no_dashboard", lambda _: None)
    public = replace(settings, access=replace(settings.access, public=PublicUrl("https", "jobs.example", "")))
    with web_process(replace(public, webhooks=replace(public.webhooks, port=0))) as said:
        assert said == "the dashboard is https://jobs.example/ (log: /log)"
