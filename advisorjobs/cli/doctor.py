"""`advisorjobs doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from advisorjobs.cli.json_lines import JsonOption, print_json
from advisorjobs.settings import Settings

__all__ = ["command"]

command = typer.Typer(rich_markup_mode=None)
STYLES = {"ok": "green", "note": "yellow", "wrong": "red"}
PURPOSES = ("worker", "enqueuer")


@command.command(name="doctor")
def doctor(
    purpose: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="worker|enqueuer",
            help="What this machine and this DATABASE_URL are meant to do.",
            autocompletion=lambda: list(PURPOSES),
        ),
    ] = "worker",
    as_json: JsonOption = False,
) -> None:
    """Says what is wrong here and what to do about it.

    Looks at the machine (libraries, folder, disk, clock), the connection and its role (rights, row-level security,
    isolation, TLS, a pooler in between), migrations, workers, what waits in vain, cleaning, and outside services. Each
    line is `ok`, a `note` (works, but know this) or `wrong`. Exits with 1 if something is wrong.

    \b
    Examples:
      advisorjobs doctor
      advisorjobs doctor --for enqueuer     # for a program that only queues
      advisorjobs doctor --json | jq 'select(.state == "wrong")'

    --json: {"about", "state", "text", "what", "cure", "value"} for each.
    """
    from advisorjobs.cli.examination import examine
    from advisorjobs.cli.failure import FAILED
    from advisorjobs.environment import did_you_mean
    from advisorjobs.errors import SettingsError
    from advisorjobs.finding import Finding

    if purpose not in PURPOSES:
        raise SettingsError("--for", purpose, f"is none of its values{did_you_mean(purpose, PURPOSES)}")
    findings: list[Finding] = []
    for finding in examine(Settings.from_environment(), "enqueuer" if purpose == "enqueuer" else "worker"):
        findings.append(finding)
        if as_json:
            print_json(as_object(finding))
        else:
            print_findings([finding])
    if any(each.state == "wrong" for each in findings):
        raise typer.Exit(FAILED)


def as_object(finding: Any) -> dict[str, Any]:
    """A finding as machines get it."""
    return {name: getattr(finding, name) for name in ("about", "state", "text", "what", "cure", "value")}


def print_findings(findings: Iterable[Any]) -> None:
    """On a terminal in columns; elsewhere each on one line, however long."""
    from rich.table import Table
    from rich.text import Text

    from advisorjobs.cli.account import printable
    from advisorjobs.cli.consoles import console

    output = console()
    if not output.is_terminal:
        for each in findings:
            output.print(f"{each.state:6} {each.about:13} {printable(each.text)}", markup=False, soft_wrap=True)
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    for width in (5, 12, None):
        table.add_column(width=width, overflow="fold")
    for each in findings:
        table.add_row(Text(each.state, STYLES[each.state]), each.about, Text(printable(each.text)))
    output.print(table)
