"""What commands stand on: a database that runs and is migrated, and a worker process."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

from advisorjobs.actor import Actor, Via, acting_as
from advisorjobs.application import the_app
from advisorjobs.cli.person import person
from advisorjobs.database.address import connect
from advisorjobs.database.embedded import join, make_open_folder, resolve
from advisorjobs.database.migrate import check_migrated, migrate
from advisorjobs.errors import AdvisorJobsError, SettingsError
from advisorjobs.settings import Settings

__all__ = [
    "AlreadyRunning",
    "Database",
    "Program",
    "WorkerStopped",
    "only_one",
    "opened",
    "prepared",
    "program",
    "worker",
]

STOP_DEADLINE = 15.0
PR_SET_PDEATHSIG = 1


class AlreadyRunning(AdvisorJobsError):
    """The same command runs already on the same data."""


class WorkerStopped(AdvisorJobsError):
    """The worker process that a command started has ended before the work was done."""


@dataclass(frozen=True, slots=True)
class Database:
    """`psql` is the command line with which a person gets in; `embedded` where the server is our own."""

    dsn: str
    psql: str
    embedded: bool


@contextmanager
def only_one(settings: Settings, command: str) -> Iterator[None]:
    """Keeps a second *command* from the data folder for as long as the block lasts: it raises AlreadyRunning."""
    with own_file(settings, f"{command}.lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(
                f"a {command} runs already with the data in {settings.data_dir}: wait for its end, or set"
                " ADVISORJOBS_DATA_DIR to another folder"
            ) from error
        yield


@contextmanager
def prepared(settings: Settings) -> Iterator[Database]:
    """The database, started where it is the embedded one and nobody did, and migrated."""
    with started(settings) as database:
        migrate(database.dsn, fill=[the_app().publish])
        yield database


@contextmanager
def started(settings: Settings) -> Iterator[Database]:
    if settings.database_url is not None or settings.production:
        with resolve(settings, start=True) as dsn:
            yield Database(dsn, 'psql "$DATABASE_URL"', embedded=False)
        return
    with join(settings, start=True) as server:
        yield Database(server.dsn, server.psql, embedded=True)


@contextmanager
def opened(settings: Settings) -> Iterator[Any]:
    """A connection, autocommit, to a database that runs already and is migrated; else an error with the cure."""
    with resolve(settings, start=False) as dsn, connect(dsn, autocommit=True) as connection:
        check_migrated(connection)
        with acting_as(Actor(via=Via.COMMAND, by=person(None))):
            yield connection


class Program:
    """A command of ours in a process of its own, its log in a file. `kind`: what an error calls it."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, kind: str) -> None:
        self.process = process
        self.log = log
        self.kind = kind

    def check(self) -> None:
        """Raises WorkerStopped, with the last line of its log, if it has ended."""
        status = self.process.poll()
        if status is not None:
            lines = self.log.read_text("utf-8", "replace").splitlines()
            said = lines[-1].removeprefix("advisorjobs: ") if lines else "it said nothing"
            raise WorkerStopped(f"the {self.kind} ended with status {status}: {said} (log: {self.log})")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def worker(
    settings: Settings, worker_type: str, environment: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Program]:
    """A worker of *worker_type* for as long as the block lasts; *environment* is added to our own."""
    with program(settings, "worker", "worker", "--type", worker_type, environment=environment) as running:
        yield running


@contextmanager
def program(
    settings: Settings, kind: str, *arguments: str, environment: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Program]:
    """`advisorjobs` with these *arguments* for as long as the block lasts, its log in logs/*kind*.log."""
    with own_file(settings, "logs", f"{kind}.log") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "advisorjobs", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **environment},
            start_new_session=True,  # ctrl-c reaches us alone, and we tell it
            preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509 - no lock of ours is needed there
        )
    running = Program(process, Path(log.name), kind)
    try:
        yield running
    finally:
        running.stop()


def die_with_parent(parent: int) -> None:
    """On Linux the kernel ends this process when the command dies, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def own_file(settings: Settings, *names: str) -> BinaryIO:
    """A new file at this place in the data folder. Raises SettingsError where that can't be written."""
    path = settings.data_dir.joinpath(*names)
    try:
        if not settings.data_dir.exists():  # the database's account must get through it
            make_open_folder(settings.data_dir)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path.open("wb")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise SettingsError(
            "ADVISORJOBS_DATA_DIR", str(settings.data_dir), f"the folder can't be written ({reason}): name another"
        ) from error
