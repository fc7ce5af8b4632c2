"""`advisorjobs worker`: works on jobs until it is told to stop."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from advisorjobs.cli.completion import queue_lists, worker_types
from advisorjobs.environment import did_you_mean
from advisorjobs.errors import SettingsError
from advisorjobs.queues import WORKER_TYPES

__all__ = ["command"]

command = typer.Typer(rich_markup_mode=None)


@command.command(name="worker")
def worker(
    type_: Annotated[
        str | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help=f"One of {', '.join(WORKER_TYPES)}. Default: WORKER_TYPE, else all.",
            autocompletion=worker_types,
        ),
    ] = None,
    queues: Annotated[
        str | None,
        typer.Option(
            "--queues", "-q", metavar="QUEUE,…", help="These queues in place of a type's.", autocompletion=queue_lists
        ),
    ] = None,
    concurrency: Annotated[
        str | None,
        typer.Option(
            "--concurrency",
            "-c",
            metavar="SLOTS",
            help="Jobs at once: a number for each queue, or emails=20,reports=2; divided over the processes.",
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option("--processes", metavar="COUNT", min=1, help="Default: ADVISORJOBS_PROCESSES, else 1."),
    ] = None,
) -> None:
    """Works on jobs until ctrl-c or SIGTERM.

    Then it takes no new jobs, running ones get their grace (ADVISORJOBS_GRACE) and the rest goes back; a second ctrl-c
    ends it at once. The database must be migrated. Exits with 2 for a setting that can't be used.

    \b
    Examples:
      advisorjobs worker                       # all queues
      advisorjobs worker --type document
      advisorjobs worker -q emails,webhooks -c emails=20
      advisorjobs worker --processes 4
    """
    raise typer.Exit(run_worker(type_, queues, concurrency, processes))


def run_worker(type_: str | None, queues: str | None, concurrency: str | None, processes: int | None) -> int:
    from advisorjobs.application import the_app
    from advisorjobs.cli.logs import log_to_terminal
    from advisorjobs.database.address import connect
    from advisorjobs.database.isolation import check_isolation
    from advisorjobs.database.migrate import check_migrated
    from advisorjobs.engine.supervisor import Supervisor
    from advisorjobs.settings import parse_concurrency

    app = the_app()
    app.settings = replace(app.settings, worker_type=known_type(type_ or app.settings.worker_type))
    log_to_terminal(app.settings)
    options: dict[str, object] = {}
    if queues is not None:
        options["queues"] = [name.strip() for name in queues.split(",") if name.strip()]
    if concurrency is not None:
        options["concurrency"] = parse_concurrency(concurrency, "-c")
    with connect(app.dsn) as connection:
        check_migrated(connection)
        check_isolation(connection)
    return Supervisor(app, options, processes or app.settings.processes).run()


def known_type(name: str) -> str:
    if name not in WORKER_TYPES:
        raise SettingsError("--type", name, f"is no type of worker{did_you_mean(name, WORKER_TYPES)}")
    return name
