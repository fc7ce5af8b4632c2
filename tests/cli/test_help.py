"""Every command explains itself: with examples, and within eighty columns."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from typing import Any

import pytest

from advisorjobs.cli.commands import NAMES, command_line
from advisorjobs.cli.main import run

COLUMNS = 80


def paths(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group there is, as it is typed."""
    yield path
    context = command.make_context("advisorjobs", [], resilient_parsing=True)
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        yield from paths(command.get_command(context, name), (*path, name))


EVERYTHING = sorted(paths(command_line()))


def help_of(path: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    assert run([*path, "--help"]) == 0
    return capsys.readouterr().out.splitlines()


def test_all_commands_are_found() -> None:
    assert {path[0] for path in EVERYTHING if path} == set(NAMES)
    assert ("queues", "limit") in EVERYTHING


@pytest.mark.parametrize("path", EVERYTHING, ids=" ".join)
def test_help_has_examples_and_fits(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = help_of(path, capsys, monkeypatch)

    assert any(line.strip() in ("Example:", "Examples:") for line in lines)
    assert any(line.startswith("    advisorjobs ") or "advisorjobs completion" in line for line in lines)
    assert [line for line in lines if len(line) > COLUMNS] == []
    assert "--install-completion" not in " ".join(lines)


def test_no_description_is_cut_in_the_list_of_commands(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for group in [(), ("jobs",), ("queues",), ("schedules",)]:
        assert [line for line in help_of(group, capsys, monkeypatch)[1:] if line.endswith("...")] == []


def test_the_exit_statuses_are_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    told = " ".join(" ".join(help_of((), capsys, monkeypatch)).split())

    assert "Exit status: 0 well, 1 failed, 2 wrong use, 130 interrupted." in told


def test_h_is_help_and_no_command_is_help_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["jobs", "-h"]) == 0
    asked = capsys.readouterr()
    assert run(["jobs"]) == 2
    unasked = capsys.readouterr()

    assert unasked.err.splitlines()[0] == asked.out.splitlines()[0]
    assert unasked.out == ""


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"advisorjobs {importlib.metadata.version('advisorjobs')}\n"
