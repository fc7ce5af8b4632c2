"""The commands there are, each imported when it is called or listed."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup

__all__ = ["NAMES", "command_line"]

NAMES = (
    "demo", "process", "up", "worker", "dashboard", "webhooks", "migrate", "jobs", "queues", "schedules", "stats",
    "people", "tokens", "email", "doctor", "completion",
)  # fmt: skip
STATUS = "Exit status: 0 well, 1 failed, 2 wrong use, 130 interrupted. Errors are one line on standard error."


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
        return made(import_module(f"advisorjobs.cli.{cmd_name}").command)


def made(line: typer.Typer) -> Any:
    """The command or group that *line* describes, without typer's options for completion: there is a command for it."""
    command = typer.main.get_command(line)
    for option in command.params:
        if option.name in ("install_completion", "show_completion"):
            vars(option)["hidden"] = True
    return command


def command_line() -> Any:
    """The whole command line, ready to be called with arguments."""
    line = typer.Typer(
        cls=Commands,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    line.callback(epilog=STATUS)(advisorjobs)
    return made(line)


def print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"advisorjobs {version('advisorjobs')}")
        raise typer.Exit


def advisorjobs(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Background jobs for an accountants' practice, on PostgreSQL alone.

    \b
    Examples:
      advisorjobs demo                        # try it: needs nothing else
      advisorjobs process letter.pdf          # your own documents
      advisorjobs migrate && advisorjobs worker
      advisorjobs jobs list --status failed
      advisorjobs doctor                      # what is wrong, and what to do

    DATABASE_URL names the PostgreSQL; without it there is an embedded one.
    """
