"""What a worker writes to its terminal."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from advisorjobs.cli.logs import log_to_terminal
from advisorjobs.engine.claimed import Claimed
from advisorjobs.engine.current import current_run
from advisorjobs.engine.lease import Lease
from advisorjobs.engine.run import Run
from advisorjobs.errors import SettingsError
from advisorjobs.settings import Settings

SETTINGS = Settings(data_dir=Path("/nowhere"))
CANARY = "DE02120300000000202051"
OWN = ("", "advisorjobs", "tasks", "uvicorn", "procrastinate", "practice")


class Handler:
    """As much of a handler as says whose code is run."""

    module = "practice.jobs"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """The loggers are afterwards as they were."""
    root = logging.getLogger()
    before = root.handlers[:], {name: logging.getLogger(name).level for name in OWN}
    hooks = threading.excepthook, sys.unraisablehook
    yield
    threading.excepthook, sys.unraisablehook = hooks
    root.handlers[:], levels = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def _in_run() -> Iterator[None]:
    """A run of a job of the package `practice`."""
    job = Claimed(7, "emails", "email:send", -3, None, None, {}, None, 2, 3, 0, False, "org-1", None, "f" * 32)
    token = current_run.set(Run(job, Handler(), Lease(5, "", 60.0, 0.0), None))  # type: ignore[arg-type]
    yield
    current_run.reset(token)


def said(say: Callable[[], Any], **settings: Any) -> dict[str, Any]:
    """The one line that *say* brings, as JSON."""
    stream = io.StringIO()
    log_to_terminal(replace(SETTINGS, log_format="json", **settings), stream)
    say()
    (line,) = stream.getvalue().splitlines()
    event: dict[str, Any] = json.loads(line)
    return event


def test_a_line_is_text_unless_json_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_terminal(SETTINGS)
    logging.getLogger("advisorjobs.engine").info("worker %s starts", "w-1")

    assert capsys.readouterr().err.endswith("[info     ] worker w-1 starts [advisorjobs.engine]\n")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "coloured"), [(Terminal(), True), (io.StringIO(), False)])
def test_only_a_terminal_gets_colours(stream: io.StringIO, coloured: bool) -> None:
    log_to_terminal(SETTINGS, stream)
    logging.getLogger("advisorjobs").info("hello")

    assert ("\x1b[" in stream.getvalue()) is coloured


def test_json_names_job_queue_organization_and_attempt() -> None:
    who = {"job_id": 7, "job": "document:ocr", "queue": "document-processing", "organization_id": "org-1", "attempt": 2}
    event = said(lambda: logging.getLogger("advisorjobs.job").warning("half done", extra=who))

    assert (event["level"], event["event"]) == ("warning", "half done")
    assert {key: event[key] for key in who} == who


@pytest.mark.usefixtures("_in_run")
@pytest.mark.parametrize("logger", ["practice.jobs", "advisorjobs.services.mail", "some.library"])
def test_every_line_in_a_run_says_which_it_is(logger: str) -> None:
    event = said(lambda: logging.getLogger(logger).warning("slow"))

    assert event | {
        "event": "slow", "job_id": 7, "job": "email:send", "queue": "emails", "organization_id": "org-1",
        "attempt": 2, "run": 3, "worker": 5,
    } == event  # fmt: skip


@pytest.mark.usefixtures("_in_run")
def test_the_package_whose_job_runs_speaks_from_its_level_on_and_in_full() -> None:
    assert said(lambda: logging.getLogger("practice.jobs").warning("%s sent", "a mail"))["event"] == "a mail sent"


def test_of_a_library_only_what_stands_in_its_source_is_printed() -> None:
    library = logging.getLogger("some.library")

    assert said(lambda: library.warning("no account %s in %d rows", CANARY, 3))["event"] == "no account … in … rows"
    built = f"no account {CANARY}"
    assert said(lambda: library.warning(built))["event"] == "a line that may hold a client's data"


def test_a_library_is_heard_from_warnings_on() -> None:
    stream = io.StringIO()
    log_to_terminal(replace(SETTINGS, log_level="debug"), stream)
    logging.getLogger("some.library").info("GET https://example.org/clients/%s", CANARY)
    logging.getLogger("advisorjobs").debug("ours")

    assert CANARY not in stream.getvalue()
    assert "ours" in stream.getvalue()


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("logger", ["advisorjobs.engine", "some.library"])
def test_an_exception_is_told_by_type_and_place(logger: str, form: str) -> None:
    stream = io.StringIO()
    log_to_terminal(replace(SETTINGS, log_format=form), stream)
    try:
        raise LookupError(CANARY)
    except LookupError:
        logging.getLogger(logger).exception("that went wrong")

    assert CANARY not in stream.getvalue()
    assert "LookupError" in stream.getvalue()
    assert "test_logs.py:" in stream.getvalue()


def test_an_error_for_operators_is_told_in_full() -> None:
    def say() -> None:
        try:
            raise SettingsError("ADVISORJOBS_LEASE", "soon", "must be seconds")
        except SettingsError:
            logging.getLogger("advisorjobs").exception("can't start")

    assert said(say)["error_says"] == "ADVISORJOBS_LEASE='soon' can't be used: must be seconds"


def test_a_line_can_not_forge_another_one() -> None:
    stream = io.StringIO()
    log_to_terminal(SETTINGS, stream)
    logging.getLogger("advisorjobs").info("file %s", "a\n12:00:00 [error    ] forged\x1b[2J")

    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()


def test_wrong_arguments_are_no_error_and_are_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    event = said(lambda: logging.getLogger("advisorjobs").info("%d of %d", CANARY))  # noqa: PLE1206

    assert event["event"] == "%d of %d"
    assert capsys.readouterr().err == ""


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_terminal(replace(SETTINGS, log_level="error"))
    logging.getLogger("advisorjobs").warning("unimportant")

    assert capsys.readouterr().err == ""


def test_setting_it_up_twice_writes_each_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_terminal(SETTINGS)
    log_to_terminal(SETTINGS)
    logging.getLogger("advisorjobs").error("once")

    assert capsys.readouterr().err.count("once") == 1
