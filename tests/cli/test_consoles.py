"""What is printed fits the terminal; elsewhere it is plain."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from advisorjobs.cli.consoles import fitting, print_rows
from advisorjobs.cli.json_lines import as_text
from tests.fixtures.apps import Program
from tests.fixtures.desk import Desk
from tests.fixtures.terminals import Terminal, plain

WIDTHS = {"id": 5, "job": 20, "queue": 19, "status": 9}


@pytest.mark.parametrize(
    ("room", "shown"),
    [
        (80, ["id", "job", "queue", "status"]),
        (59, ["id", "job", "queue", "status"]),
        (58, ["id", "job", "status"]),
        (20, ["id", "job"]),
    ],
)
def test_columns_go_in_their_order_until_the_rest_fits(room: int, shown: list[str]) -> None:
    assert fitting(WIDTHS, room, ("queue", "status")) == shown


def test_at_last_one_column_is_cut_and_numbers_never(capsys: pytest.CaptureFixture[str]) -> None:
    output = Console(file=io.StringIO(), width=24)
    print_rows(output, [{"id": "12345", "job": "document:classify", "status": "waiting"}], cut="job")
    heading, line = output.file.getvalue().splitlines()  # type: ignore[attr-defined]

    assert line.split() == ["12345", "documen…", "waiting"]
    assert len(heading) <= 24


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_lists_fit_the_terminal_and_keep_the_numbers(terminal: Terminal, desk: Desk, columns: int) -> None:
    jobs = desk.enqueue(2, name="scheduled:invoice_reminders", organization_id="organization-with-a-long-name-0007")
    shown = plain(terminal("jobs", "list", columns=columns)).splitlines()

    assert [line.split()[0] for line in shown] == ["id", str(jobs[1]), str(jobs[0])]
    assert max(map(len, shown)) <= columns
    assert all("waiting" in line for line in shown[1:])


def test_findings_fit_the_terminal(terminal: Terminal, desk: Desk) -> None:
    shown = terminal("doctor", ADVISORJOBS_DATA_DIR="/tmp")

    assert "\x1b[" in shown
    assert max(map(len, plain(shown).splitlines())) <= 80


def test_no_color_holds(terminal: Terminal, desk: Desk) -> None:
    desk.enqueue()
    shown = terminal("jobs", "list", NO_COLOR="1") + terminal("doctor", NO_COLOR="1", ADVISORJOBS_DATA_DIR="/tmp")

    assert "\x1b[3" not in shown


def test_what_is_no_terminal_gets_it_plain(run_python: Program, desk: Desk) -> None:
    desk.enqueue()
    for command in (["jobs", "list"], ["queues", "show"], ["stats"]):
        assert "\x1b" not in run_python("-m", "advisorjobs", *command).stdout


def test_what_json_has_no_type_for_is_text() -> None:
    assert as_text(frozenset()) == "frozenset()"
