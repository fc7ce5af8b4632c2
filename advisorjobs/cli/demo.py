"""`advisorjobs demo`: a day at an invented practice, worked off by all nine queues and watched."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisorjobs.cli.failure import FAILED
from advisorjobs.cli.json_lines import JsonOption, print_json
from advisorjobs.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

    from advisorjobs.cli.day import Day
    from advisorjobs.cli.ground import Database
    from advisorjobs.cli.stage import Stage

__all__ = ["command"]

ORGANIZATION = "paper-lantern"
LONGEST = 300.0
"""Seconds after which the demo says what is left and ends."""

SIDE_BY_SIDE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Jobs run beside each other on few processors, and none of them takes all."""


def offline() -> dict[str, str]:
    """What is taken out of the worker's environment: the invented addresses get no real mail, whatever is configured."""
    return {name: "" for name in os.environ if "SMTP" in name} | {"ADVISORJOBS_ENV": "development"}


def called() -> str:
    """How a person calls us from where this command was called."""
    if shutil.which("advisorjobs"):
        return "advisorjobs"
    return sys.argv[0] if Path(sys.argv[0]).name == "advisorjobs" else "python -m advisorjobs"


command = typer.Typer(rich_markup_mode=None)


@command.command(name="demo")
def demo(
    output: Annotated[
        str | None,
        typer.Option(
            "--output", metavar="FOLDER", help="Where to leave what was made. Default: demo in the data folder."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Works through a day at an invented practice, for a first look.

    Starts the embedded PostgreSQL (with DATABASE_URL: uses that one) and a worker for all queues, brings in an invented
    firm with four clients and a year of their books, and has its documents, reports, mails and all else worked off.
    Nothing is sent: mails become files. Run again, it begins anew with the same firm.

    \b
    Examples:
      advisorjobs demo
      advisorjobs demo --output /tmp/demo
      advisorjobs demo --json | jq .queues

    \b
    --json: one object with "queues", "failures", "books", "documents",
    "reports", "mails", "planted", "findings", "folder" and "files".
    """
    from advisorjobs.cli.consoles import console
    from advisorjobs.cli.ground import only_one, prepared
    from advisorjobs.cli.keepsakes import own_folder

    settings, screen = Settings.from_environment(), console(stderr=as_json)
    folder = Path(output).absolute() if output else settings.data_dir / "demo"
    with only_one(settings, "demo"):
        own_folder(folder)
        screen.print("[bold]AdvisorJobs[/]: a day at an invented practice, in nine queues", highlight=False)
        with prepared(settings) as database:
            where = "embedded PostgreSQL" if database.embedded else "the database of DATABASE_URL"
            looked = f"[dim]{where}, migrated; look inside with[/] {database.psql}\n"
            screen.print(looked, highlight=False, soft_wrap=True)
            show = print_json if as_json else partial(tell, psql=database.psql, screen=screen)
            said = worked_off(settings, database, folder, screen, show)
    if said["failures"] or any(queue["unfinished"] for queue in said["queues"]):
        raise typer.Exit(FAILED)


def tell(said: Mapping[str, Any], *, psql: str, screen: Console) -> None:
    """The day's account for people, and what to do next."""
    from advisorjobs.cli.day_account import day_account

    day_account(said, psql, screen)
    more = f"\nYour own: [bold]{called()} process FILE…[/]   Keep it running: [bold]{called()} up[/]"
    screen.print(more, highlight=False, soft_wrap=True)


def worked_off(
    settings: Settings, database: Database, folder: Path, screen: Console, show: Callable[[Mapping[str, Any]], None]
) -> Mapping[str, Any]:
    """The day's summary, when all of its jobs have ended; *show* gets it before what was started is stopped."""
    from advisorjobs.cli.day_watch import watch_day
    from advisorjobs.cli.ground import worker
    from advisorjobs.cli.sending import new_secrets, receiver
    from advisorjobs.cli.stage import set_stage
    from advisorjobs.database.address import connect

    with connect(database.dsn, autocommit=True) as connection:
        signing = new_secrets()
        with contextlib.ExitStack() as started, screen.status("The firm and its books are brought in …") as status:
            desk = started.enter_context(receiver(settings))
            stage = set_stage(connection, ORGANIZATION, signing)
            if database.embedded and settings.openai is None:
                stage.forget_starts()
            working = started.enter_context(worker(settings, "all", offline() | SIDE_BY_SIDE))
            began = time.monotonic()
            status.update("The day's work is queued, a worker starts …")
            stage.open()
            desk.send(stage.firm, signing)
            status.stop()
            closed = False

            def look() -> Day:
                nonlocal closed
                working.check()
                day = stage.look()
                if not closed and stage.prepared(day):
                    closed = True
                    stage.close()
                    day = stage.look()
                return day

            day = watch_day(look, screen, seconds=LONGEST)
            said = summed_up(settings, stage, day, time.monotonic() - began, folder)
            show(said)
    return said


def summed_up(settings: Settings, stage: Stage, day: Day, seconds: float, folder: Path) -> dict[str, Any]:
    from advisorjobs.cli.day_summary import summary
    from advisorjobs.cli.keepsakes import keepsakes
    from advisorjobs.cli.query import ask
    from advisorjobs.services.storage import storage

    organization = stage.firm.organization.id

    def rows(name: str, **more: Any) -> list[dict[str, Any]]:
        return ask(stage.connection, name, {"organization": organization, **more}, organization=organization)

    documents = rows("document_results", documents=list(stage.documents.values()))
    reports, mails = rows("made_reports"), rows("sent_mails")
    shelf = storage(settings).shelf(organization)
    return summary(
        stage.firm,
        day,
        seconds,
        books=rows("organization_books")[0],
        documents=documents,
        findings=rows("open_findings"),
        reports=reports,
        mails=mails,
        kept=keepsakes(folder, shelf, documents, reports, mails),
    )
