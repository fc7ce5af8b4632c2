"""`advisorjobs demo`: a day at an invented practice, worked off by all nine queues and watched."""

from __future__ import annotations

import os
import time
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
    from advisorjobs.cli.day_account import day_account
    from advisorjobs.cli.ground import prepared
    from advisorjobs.cli.keepsakes import own_folder

    settings, screen = Settings.from_environment(), console(stderr=as_json)
    folder = Path(output).absolute() if output else settings.data_dir / "demo"
    own_folder(folder)
    screen.print("[bold]AdvisorJobs[/]: a day at an invented practice, in nine queues", highlight=False)
    with prepared(settings) as database:
        where = "embedded PostgreSQL" if database.embedded else "the database of DATABASE_URL"
        screen.print(f"[dim]{where}, migrated; look inside with[/] {database.psql}\n", highlight=False, soft_wrap=True)
        _, said = worked_off(settings, database, folder, screen)
    if as_json:
        print_json(said)
    else:
        day_account(said, database.psql, screen)
        screen.print(
            "\nYour own: [bold]advisorjobs process FILE…[/]   Keep it running: [bold]advisorjobs up[/]", highlight=False
        )
    if said["failures"] or any(queue["unfinished"] for queue in said["queues"]):
        raise typer.Exit(FAILED)


def worked_off(settings: Settings, database: Database, folder: Path, screen: Console) -> tuple[Day, dict[str, Any]]:
    """The day and its summary, when all of its jobs have ended."""
    from advisorjobs.cli.day_watch import watch_day
    from advisorjobs.cli.ground import worker
    from advisorjobs.cli.sending import new_secrets, receiver
    from advisorjobs.cli.stage import set_stage
    from advisorjobs.database.address import connect

    with connect(database.dsn, autocommit=True) as connection:
        signing = new_secrets()
        stage = set_stage(connection, ORGANIZATION, signing)
        if database.embedded and settings.openai is None:
            stage.forget_starts()
        with receiver(settings) as desk, worker(settings, "all", offline() | SIDE_BY_SIDE) as working:
            began = time.monotonic()
            stage.open()
            desk.send(stage.firm, signing)
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
            return day, summed_up(settings, stage, day, time.monotonic() - began, folder)


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
