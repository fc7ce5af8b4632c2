"""The table for those who come from Bull says what is so: its calls, commands, variables, figures and links exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg

import advisorjobs
from advisorjobs.application import App
from advisorjobs.cli.commands import NAMES
from advisorjobs.cli.queues import described
from advisorjobs.queues import QUEUES
from advisorjobs.settings import Settings
from tests.fixtures.apps import ROOT

PAGE = ROOT / "docs" / "from-bull.md"
TEXT = PAGE.read_text("utf-8")
CATALOGUED = re.compile(r"`((?:critical|document|ai|report|email|webhook|integration|maintenance|scheduled):[a-z_]+)`")


def anchors(path: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_leads_somewhere() -> None:
    for target, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", TEXT):
        path = (PAGE.parent / target).resolve() if target else PAGE
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), f"{target}#{anchor}"


def test_every_figure_is_the_programs_own() -> None:
    shown = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in TEXT.partition("<!-- queues:")[2].partition("\n\n")[0].splitlines()
        if line.split("|")[1:2] and line.split("|")[1].strip() in QUEUES
    ]
    settings = Settings(data_dir=Path("/nowhere"))

    assert shown == [[name, *(value.text for _, value in described(settings, name))] for name in QUEUES]


def test_every_call_is_there() -> None:
    managers = {
        "manager": advisorjobs.QueueManager,
        "tracker": type(advisorjobs.get_job_tracker()),
        "get_worker_manager()": type(advisorjobs.get_worker_manager()),
    }
    calls = re.findall(r"(manager|tracker|get_worker_manager\(\))\.([a-z_]+)\(", TEXT)

    assert calls
    assert [(who, name) for who, name in calls if not hasattr(managers[who], name)] == []
    assert [name for name in re.findall(r"`(queue_[a-z_]+)\(", TEXT) if not hasattr(advisorjobs, name)] == []


def test_every_job_is_known() -> None:
    known = set(advisorjobs.app.catalogue)

    assert set(CATALOGUED.findall(TEXT)) == known


def test_every_command_is_there() -> None:
    assert set(re.findall(r"(?<!from )advisorjobs ([a-z]+)", TEXT)) <= set(NAMES)


def test_every_variable_may_be_set() -> None:
    known = "".join(file.read_text("utf-8") for file in (ROOT / "advisorjobs").glob("*settings.py"))
    named = re.findall(r"`((?:ADVISORJOBS|WORKER|AZURE|SMTP|REDIS|DATABASE)_[A-Z_]+)", TEXT)

    assert [name for name in named if name not in known] == []


def test_every_statement_runs(the_process: App, connection: psycopg.Connection[Any]) -> None:
    the_process.publish()
    statements = re.findall(r"`(SELECT (?:enqueue|schedule)_job\([^`]*\))`", TEXT)

    assert len(statements) == 4
    for statement in statements:
        assert connection.execute(statement.encode()).fetchone() is not None
