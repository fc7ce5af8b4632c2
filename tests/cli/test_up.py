"""`advisorjobs up` on a machine where nothing runs: everything is started, and nothing is left behind."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.waiting import wait_for


class Command:
    """A running command and what it has said so far."""

    def __init__(self, *arguments: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "advisorjobs", *arguments],
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "ADVISORJOBS_DATA_DIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            self.lines.extend(iter(output.readline, ""))

    @property
    def said(self) -> str:
        return "".join(self.lines)

    def end(self, seconds: float = 60) -> int:
        status = self.process.wait(seconds)
        self.reader.join(seconds)
        return status


@pytest.fixture
def up(open_folder: Path) -> Iterator[Command]:
    command = Command("up", folder=open_folder / "data")
    yield command
    if command.process.poll() is None:
        command.process.kill()
    command.end()


def servers(folder: Path) -> bool:
    return (folder / "data" / "embedded" / "18" / "data" / "postmaster.pid").exists()


def test_up_says_how_to_look_inside_works_and_stops_cleanly(up: Command, open_folder: Path) -> None:
    wait_for(lambda: "starts on critical=10" in up.said, "the worker's start", seconds=60)
    (psql,) = [line.strip() for line in up.lines if "psql" in line]
    question = [*shlex.split(psql), "-Atc", "SELECT count(*) FROM advisorjobs_workers"]
    looked = subprocess.run(question, capture_output=True, text=True, check=False)

    assert servers(open_folder)
    assert "the dashboard is http:" in up.said or "there is no dashboard, and no webhooks are received: port" in up.said
    assert looked.stdout == "1\n", looked.stderr
    up.process.send_signal(signal.SIGINT)
    assert up.end() == 0
    assert up.said.rstrip().endswith("stopped")
    assert not servers(open_folder)
