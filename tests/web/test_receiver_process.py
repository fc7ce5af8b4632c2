"""The receiver in a process of its own: how it starts and stops, and what its death leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from advisorjobs.settings import Settings
from advisorjobs.web.server import listen
from tests.fixtures.waiting import wait_for
from tests.fixtures.webhooks import ACCOUNT, STRIPE_SECRET, Desk, Sender, stripe_body


@contextmanager
def receiver(
    sender: Sender, settings: Settings, *program: str
) -> Iterator[tuple[subprocess.Popen[bytes], Sender, Path]]:
    """*program* on a free port, once it answers; with a sender to it and the file of what it says."""
    with listen("127.0.0.1", 0) as free:
        port = str(free.getsockname()[1])
    said = settings.data_dir / "receiver.log"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "DATABASE_URL": settings.database_url or "",
        "ADVISORJOBS_DATA_DIR": str(settings.data_dir),
        "STRIPE_WEBHOOK_SECRET": STRIPE_SECRET,
        "STRIPE_ACCOUNT": ACCOUNT,
    }
    root = Path(__file__).parents[2]
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *program, "--port", port], env=environment, stdout=log, stderr=log, cwd=root
        )
    there = replace(sender, url=f"http://127.0.0.1:{port}")

    def answers() -> bool:
        try:
            return there.client.get(there.url).status_code == 404
        except httpx.TransportError:
            assert process.poll() is None, said.read_text()
            return False

    try:
        wait_for(answers, "the receiver", seconds=60)
        yield process, there, said
    finally:
        process.kill()
        process.wait()


def test_the_command_serves_until_it_is_told_to_stop(web: Desk, webhook_settings: Settings) -> None:
    with receiver(web.sender, webhook_settings, "advisorjobs", "webhooks") as (process, there, said):
        answer = there.stripe(stripe_body())
        process.send_signal(signal.SIGTERM)

        assert (answer.status_code, process.wait(30)) == (200, 0)
        first, *requests, last = said.read_text().splitlines()
        assert f"webhooks are received at {there.url}/webhooks/ " in first
        assert "method=POST route=/webhooks/stripe" in requests[-1]
        assert "status=200" in requests[-1]
        assert last == "stopped"
        assert "server" not in answer.headers


def test_an_address_of_another_machine_is_refused_in_one_line(webhook_settings: Settings) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "advisorjobs", "webhooks", "--host", "203.0.113.1"],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DATABASE_URL": webhook_settings.database_url or ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (1, "", 1)
    assert "203.0.113.1" not in ran.stderr or "isn't this machine's" in ran.stderr


def test_killed_between_commit_and_answer_the_repetition_finds_the_job(web: Desk, webhook_settings: Settings) -> None:
    with receiver(web.sender, webhook_settings, "tests.web.dying_receiver") as (process, there, _):
        with pytest.raises(httpx.TransportError):
            there.stripe(stripe_body())
        assert process.wait(20) == -signal.SIGKILL
    assert len(web.practice.jobs()) == 1

    assert web.sender.stripe(stripe_body()).status_code == 200
    assert len(web.practice.events()) == len(web.practice.jobs()) == 1
    assert web.receiver.counts["stripe", "taken before"] == 1
