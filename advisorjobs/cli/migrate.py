"""`advisorjobs migrate`: the database brought to what this program needs."""

from __future__ import annotations

from typing import Annotated

import typer

from advisorjobs.cli.json_lines import JsonOption, print_json

__all__ = ["command"]

command = typer.Typer(rich_markup_mode=None)


@command.command(name="migrate")
def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit with 1 if something is pending.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Brings the database to what this program needs.

    Any number may run at once; one does the work. Run it at each deploy, before the new workers start; the old ones go
    on meanwhile. DATABASE_URL must lead to the server itself, not to a pooler that shares sessions.

    \b
    Examples:
      advisorjobs migrate
      advisorjobs migrate --check      # exits with 1 if something is pending

    --json: {"name", "state": "applied" | "pending"} for each.
    """
    from advisorjobs.application import the_app
    from advisorjobs.cli.failure import FAILED
    from advisorjobs.database import migrate as migrations
    from advisorjobs.database.embedded import resolve

    app = the_app()
    with resolve(app.settings, start=False) as dsn:
        names = migrations.pending(dsn) if check else list(migrations.migrate(dsn, fill=[app.publish]).applied)
    state = "pending" if check else "applied"
    for name in names:
        if as_json:
            print_json({"name": name, "state": state})
        else:
            typer.echo(f"{state}  {name}")
    if not names and not as_json:
        typer.echo("the database is up to date")
    if check and names:
        raise typer.Exit(FAILED)
