"""`advisorjobs migrate`: the database brought to what this program needs."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["command"]

command = typer.Typer(rich_markup_mode=None)


@command.command(name="migrate")
def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit with 1 if something is pending.")
    ] = False,
) -> None:
    """Applies migrations that the database lacks. Any number may run at once; one does the work."""
    from advisorjobs.application import the_app
    from advisorjobs.cli.failure import FAILED
    from advisorjobs.database import migrate as migrations
    from advisorjobs.database.embedded import resolve

    app = the_app()
    with resolve(app.settings, start=False) as dsn:
        names = migrations.pending(dsn) if check else list(migrations.migrate(dsn, fill=[app.publish]).applied)
    for name in names:
        typer.echo(f"{'pending' if check else 'applied'}  {name}")
    if not names:
        typer.echo("the database is up to date")
    if check and names:
        raise typer.Exit(FAILED)
