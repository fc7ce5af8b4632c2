"""`advisorjobs doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated

import typer

from advisorjobs.settings import Settings

__all__ = ["command"]

command = typer.Typer(rich_markup_mode=None)
STYLES = {"ok": "green", "note": "yellow", "wrong": "red"}


@command.command(name="doctor")
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For machines: one JSON object a line.")] = False,
) -> None:
    """Examines settings, database, migrations, extras, services and workers. Exits with 1 if something is wrong."""
    from advisorjobs.cli.examination import examine
    from advisorjobs.cli.failure import FAILED
    from advisorjobs.cli.finding import Finding

    findings: list[Finding] = []
    for finding in examine(Settings.from_environment()):
        findings.append(finding)
        if as_json:
            typer.echo(json.dumps({"about": finding.about, "state": finding.state, "text": finding.text}))
    if not as_json:
        print_findings((each.state, each.about, each.text) for each in findings)
    if any(each.state == "wrong" for each in findings):
        raise typer.Exit(FAILED)


def print_findings(findings: Iterable[tuple[str, str, str]]) -> None:
    from rich.text import Text

    from advisorjobs.cli.consoles import console

    output = console()
    for state, about, text in findings:
        output.print(Text.assemble((f"{state:6}", STYLES[state]), f"{about:12} ", text), soft_wrap=True)
