"""Every block of code in the README and in docs/jobs.md is run, on a database of its own, as a newcomer would who pastes it.

`make` lines are only looked through by make itself (-n): they make environments and run for minutes. Pictures (mermaid) and the
map of the code are no programs; the paths of the map must exist.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.fixtures.apps import ROOT
from tests.fixtures.node import missing
from tests.fixtures.servers import TestServer
from tests.fixtures.waiting import wait_for

README = (ROOT / "README.md").read_text("utf-8")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
JOBS = (ROOT / "docs" / "jobs.md").read_text("utf-8")
BLOCKS = [(match[1], match[2]) for page in (README, JOBS) for match in FENCE.finditer(page)]
PROGRAMS = {text.splitlines()[0].removeprefix("# "): text for language, text in BLOCKS if language == "python"}
FAILED = 17
"""The job that the README looks at and retries."""


@dataclass
class Reader:
    """Somebody who has the README's programs in *folder* and does what it says."""

    folder: Path
    env: dict[str, str]
    database: str

    def do(self, line: str) -> None:
        """One line of a shell. A worker is started, and stopped once it works."""
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            name, _, value = words.pop(0).partition("=")
            self.env[name] = value
        match words:
            case []:
                return
            case ["export", assignment]:
                name, _, value = assignment.partition("=")
                self.env[name] = value
            case ["make", *targets]:
                self.run("make", "-n", *targets)
            case ["python", program]:
                self.run(sys.executable, str(self.folder / program))
            case ["pytest", *arguments]:
                self.run(sys.executable, "-m", "pytest", *arguments, cwd=self.folder)
            case [command, "worker", *arguments]:
                self.work(Path(command).name, *arguments)
            case ["advisorjobs", "webhooks" | "dashboard"]:
                self.receive(*words)
            case ["eval", _]:
                self.run("bash", "-ec", line)
            case _:
                self.use(*words)

    def use(self, *words: str) -> None:
        """A program that is installed."""
        match words:
            case ["psql", "$DATABASE_URL", *options]:
                if shutil.which("psql") is None:
                    missing("psql isn't installed: apt-get install postgresql-client")
                self.run("psql", self.database, "-v", "ON_ERROR_STOP=1", *options)
            case ["advisorjobs", "email", *_]:
                self.run(sys.executable, "-m", *words, cwd=self.folder)  # writes files where it is called
            case ["advisorjobs", "doctor"]:
                assert "wrong" in self.run(sys.executable, "-m", *words, status=1)  # nobody works here
            case ["advisorjobs", "queues", "clean", *_]:
                self.run(sys.executable, "-m", *words, "--yes")  # a person is asked
            case ["advisorjobs", "people", "add", *_]:  # a person is asked for a password
                self.run(sys.executable, "-m", *words, "--stdin", typed="correct horse battery staple\n")
            case [command, *arguments]:
                self.run(sys.executable, "-m", Path(command).name, *arguments)

    def run(self, *command: str, cwd: Path = ROOT, status: int = 0, typed: str | None = None) -> str:
        done = subprocess.run(
            command, env=self.env, cwd=cwd, input=typed, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == status, (
            f"{shlex.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return done.stdout

    def work(self, command: str, *arguments: str) -> None:
        before = self.registered()
        worker = subprocess.Popen(
            [sys.executable, "-m", command, "worker", *arguments],
            env=self.env,
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            wait_for(lambda: self.registered() > before or worker.poll() is not None, "a worker", seconds=60)
        finally:
            worker.send_signal(signal.SIGTERM)
            _, said = worker.communicate(timeout=60)
        assert worker.returncode == 0, said

    def receive(self, *command: str) -> None:
        port = free_port()
        env = self.env | {"ADVISORJOBS_WEB_PORT": str(port)}
        receiver = subprocess.Popen([sys.executable, "-m", *command], env=env, stderr=subprocess.PIPE, text=True)
        try:
            wait_for(lambda: answers(port) or receiver.poll() is not None, "the receiver", seconds=60)
        finally:
            receiver.send_signal(signal.SIGTERM)
            _, said = receiver.communicate(timeout=60)
        assert receiver.returncode == 0, said

    def registered(self) -> int:
        with psycopg.connect(self.database) as connection:
            row = connection.execute("SELECT count(*) FROM advisorjobs_workers").fetchone()
        return row[0] if row else 0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def answers(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def reader(database: str, server: TestServer, tmp_path: Path) -> Reader:
    """On a migrated database where `practice:greet` is known, and job 17 has failed."""
    for name, text in PROGRAMS.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    )
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DATABASE_URL": database,
        "TEST_DATABASE_URL": server.dsn(),
        "ADVISORJOBS_DATA_DIR": str(tmp_path / "data"),
        "ADVISORJOBS_IMPORTS": "practice_jobs",
    }
    reader = Reader(tmp_path, env, database)
    reader.run(sys.executable, "-m", "advisorjobs", "migrate")
    with psycopg.connect(database) as connection:
        for _ in range(FAILED):
            connection.execute(
                "SELECT enqueue_job('practice:greet', '{\"client\": \"Ada\"}', organization_id => 'org-7')"
            )
        connection.execute(
            "SELECT advisorjobs_end(%s, '{todo}', 'failed', 'internal', 'as the test wants it', true)", [FAILED]
        )
    return reader


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_python_program_runs(reader: Reader, name: str) -> None:
    if name.startswith("test_"):
        reader.run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name, cwd=reader.folder)
    else:
        if name in JOBS:
            reader.run(sys.executable, str(reader.folder / "firm.py"))  # as that page says
        reader.run(sys.executable, str(reader.folder / name))


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", [text for language, text in BLOCKS if language == "bash"], ids=lambda text: text.split("\n")[0]
)
def test_each_line_for_the_shell_runs(reader: Reader, text: str) -> None:
    for line in text.replace("\\\n", " ").splitlines():
        reader.do(line)


@pytest.mark.parametrize(
    "text", [text for language, text in BLOCKS if language == "sql"], ids=lambda text: text.split("\n")[0]
)
def test_each_statement_runs(reader: Reader, text: str) -> None:
    with psycopg.connect(reader.database) as connection:
        connection.execute(text.encode())


def test_no_block_is_left_out() -> None:
    assert {language for language, _ in BLOCKS} == {"python", "bash", "sql", "mermaid", ""}
    assert all(re.fullmatch(r"\w+\.py", name) for name in PROGRAMS), "a program begins with its name: # name.py"


def test_the_map_of_the_code_names_what_is_there() -> None:
    (picture,) = (text for language, text in BLOCKS if language == "")
    paths = re.findall(r"[a-z_]+(?:/[a-z_.]*)+", picture)

    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
