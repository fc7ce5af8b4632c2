"""`advisorjobs schedules defaults`: what the practice does by itself."""

from __future__ import annotations

from typing import Annotated

import typer

from advisorjobs.cli.json_lines import JsonOption, print_json

__all__ = ["defaults"]


def defaults(
    restore: Annotated[
        bool, typer.Option("--restore", help="Put all of them as they came, whatever was changed or removed.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Puts the practice's own schedules, each once.

    They are daily reports, reminders, synchronization, cleaning and health checks. What you change, pause or remove later
    stays so, however often this is called: call it at each deploy, after `migrate`. `advisorjobs up` does it too.

    \b
    Examples:
      advisorjobs schedules defaults
      advisorjobs schedules defaults --restore

    --json: {"key", "cron", "purpose", "outcome": "created" | "changed" | "unchanged" | "kept"} for each.
    """
    from advisorjobs.application import the_app
    from advisorjobs.cli.ground import opened
    from advisorjobs.settings import Settings
    from advisorjobs.upkeep.defaults import DEFAULTS, put_defaults

    app = the_app()
    with opened(Settings.from_environment()):
        outcomes = app.run(put_defaults(app, restore=restore))
    for each in DEFAULTS:
        outcome = outcomes.get(each.job, "kept")
        if as_json:
            print_json({"key": each.job, "cron": each.cron, "purpose": each.purpose, "outcome": outcome})
        else:
            typer.echo(f"{outcome:9}  {each.job:30}  {each.cron:16}  {each.purpose}")
