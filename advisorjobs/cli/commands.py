"""The commands there are, each imported when it is called or listed."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperGroup

__all__ = ["NAMES", "command_line"]

NAMES = ("demo", "process", "up", "worker", "migrate", "jobs", "queues", "schedules", "stats", "doctor")


class Commands(TyperGroup):
    """A group whose members are the modules of this package."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = cast("Any", dict.fromkeys(NAMES))  # for "did you mean"

    def list_commands(self, ctx: Any) -> list[str]:
        return list(NAMES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in NAMES:
            return None
        return typer.main.get_command(import_module(f"advisorjobs.cli.{cmd_name}").command)


def command_line() -> Any:
    """The whole command line, ready to be called with arguments."""
    line = typer.Typer(
        cls=Commands, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
    )
    line.callback()(advisorjobs)
    return typer.main.get_command(line)


def advisorjobs() -> None:
    """Background jobs for an accountants' practice, on PostgreSQL alone."""
