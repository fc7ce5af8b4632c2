"""A process that uses the embedded server, for tests that need several of them, or one that dies.

Run as a program: `joiner.py DATA_DIR [ACCOUNT]`. It says the server's address and start time in one line, and leaves
once its standard input ends. With ACCOUNT (a user's number) root gives up its rights first, after the imports, so that
the interpreter may lie in a folder that this user can't enter.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from advisorjobs.database.embedded import join
from advisorjobs.database.statement import statement
from advisorjobs.errors import AdvisorJobsError
from advisorjobs.settings import Settings


@dataclass(frozen=True, slots=True)
class Joiner:
    """The process as a test sees it."""

    process: subprocess.Popen[str]

    def said(self) -> str:
        """Its line: waits until it has joined, or says why not."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(60) == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(60)


@contextmanager
def joiners(count: int, data_dir: Path, *further: str) -> Iterator[list[Joiner]]:
    """*count* processes, started at the same time; none outlives the block."""
    command = [sys.executable, "-m", "tests.database.joiner", str(data_dir), *further]
    started = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        )
        for _ in range(count)
    ]
    try:
        yield [Joiner(process) for process in started]
    finally:
        for process in started:
            with process:
                process.kill()


def started_at(dsn: str) -> str:
    with psycopg.connect(dsn) as connection:
        (moment,) = connection.execute("SELECT pg_postmaster_start_time()::text").fetchone() or ("",)
        return str(moment)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(data_dir: str, account: str | None = None) -> None:
    if account is not None:
        statement("create_database")  # read now, as are the modules that reading it takes
        os.setgroups([])
        os.setgid(int(account))
        os.setuid(int(account))
    try:
        with join(Settings(data_dir=Path(data_dir)), start=True) as server:
            say(f"{server.dsn} {started_at(server.dsn)}")
            sys.stdin.read()
    except AdvisorJobsError as error:
        say(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
