"""`advisorjobs up`: everything on this machine, until ctrl-c."""

from __future__ import annotations

import typer

__all__ = ["command"]

command = typer.Typer(rich_markup_mode=None)


@command.command(name="up")
def up() -> None:
    """Runs everything on this machine until ctrl-c.

    Starts the embedded PostgreSQL (with DATABASE_URL: uses that one), migrates it, puts the default schedules, works on
    all queues, serves the dashboard and receives webhooks. Its data is kept in ADVISORJOBS_DATA_DIR.

    \b
    Examples:
      advisorjobs up
      advisorjobs stats         # in another terminal
    """
    from advisorjobs.application import the_app
    from advisorjobs.cli.ground import prepared
    from advisorjobs.cli.web_process import web_process
    from advisorjobs.cli.worker import run_worker
    from advisorjobs.upkeep.defaults import put_defaults

    settings = the_app().settings
    with prepared(settings) as database, web_process(settings) as dashboard:
        the_app().run(put_defaults(the_app()))
        where = "the embedded PostgreSQL runs" if database.embedded else "the database of DATABASE_URL is reached"
        typer.echo(
            f"{where} and is migrated; look inside with\n  {database.psql}\n{dashboard}\nworkers start; stop with ctrl-c",
            err=True,
        )
        status = run_worker(None, None, None, None)
    typer.echo("stopped", err=True)
    raise typer.Exit(status)
