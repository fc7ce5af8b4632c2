"""`advisorjobs demo`: the samples that the project ships, watched while they are worked on."""

from __future__ import annotations

from contextlib import ExitStack
from importlib.resources import as_file, files

import typer

from advisorjobs.cli.failure import FAILED
from advisorjobs.settings import Settings

__all__ = ["command"]

ORGANIZATION = "demo"
command = typer.Typer(rich_markup_mode=None)


@command.command(name="demo")
def demo() -> None:
    """Works on sample documents, for a first look.

    Starts the embedded PostgreSQL (with DATABASE_URL: uses that one) and a worker, sends the samples through, shows what
    came out, and stops what it started.

    \b
    Example:
      advisorjobs demo
    """
    from advisorjobs.cli.account import account
    from advisorjobs.cli.consoles import console
    from advisorjobs.cli.ground import prepared
    from advisorjobs.cli.pipeline import send_through

    settings, output = Settings.from_environment(), console()
    with ExitStack() as stack:
        samples = [item for item in files("advisorjobs.samples").iterdir() if item.name.endswith((".pdf", ".jpg"))]
        paths = [str(stack.enter_context(as_file(item))) for item in sorted(samples, key=lambda item: item.name)]
        output.print("[bold]AdvisorJobs[/]: a database, a worker and some documents", highlight=False)
        database = stack.enter_context(prepared(settings))
        where = "embedded PostgreSQL" if database.embedded else "the database of DATABASE_URL"
        output.print(f"[dim]{where}, migrated; look inside with[/] {database.psql}\n", highlight=False, soft_wrap=True)
        sent = send_through(settings, database, paths, ORGANIZATION, output)
    account([{**each, "file": each["file"].rpartition("/")[2]} for each in sent.outcomes], output)
    output.print(
        "\nYour own: [bold]advisorjobs process FILE…[/]   Keep it running: [bold]advisorjobs up[/]", highlight=False
    )
    if sent.failed:
        raise typer.Exit(FAILED)
