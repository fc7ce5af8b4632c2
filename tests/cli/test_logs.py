"""What a worker writes to its terminal."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from advisorjobs.cli.logs import log_to_terminal
from advisorjobs.settings import Settings

SETTINGS = Settings(data_dir=Path("/nowhere"))


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """The logger is afterwards as it was."""
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("", "advisorjobs", "tasks", "uvicorn", "procrastinate")}
    before = root.handlers[:]
    yield
    root.handlers[:] = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_a_line_is_text_unless_json_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_terminal(SETTINGS)
    logging.getLogger("advisorjobs.engine").info("worker %s starts", "w-1")

    assert capsys.readouterr().err.endswith("INFO    worker w-1 starts\n")


def test_json_names_job_queue_organization_and_attempt(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_terminal(replace(SETTINGS, log_format="json"))
    who = {"job_id": 7, "job": "document:ocr", "queue": "document-processing", "organization_id": "org-1", "attempt": 2}
    logging.getLogger("advisorjobs.job").warning("half done", extra=who)
    event = json.loads(capsys.readouterr().err)

    assert (event["level"], event["event"]) == ("warning", "half done")
    assert {key: event[key] for key in who} == who


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_terminal(replace(SETTINGS, log_level="error"))
    logging.getLogger("advisorjobs").warning("unimportant")

    assert capsys.readouterr().err == ""


def test_setting_it_up_twice_writes_each_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_terminal(SETTINGS)
    log_to_terminal(SETTINGS)
    logging.getLogger("advisorjobs").error("once")

    assert capsys.readouterr().err.count("once") == 1
