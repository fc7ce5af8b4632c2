"""`advisorjobs process`: local files through the whole pipeline, and what came out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from advisorjobs.cli.failure import FAILED
from advisorjobs.errors import PayloadError
from advisorjobs.settings import Settings

__all__ = ["command"]

ORGANIZATION = "demo"
command = typer.Typer(rich_markup_mode=None)


@command.command(name="process")
def process(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="PDF, JPEG, PNG, TIFF or WebP.", show_default=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per file on standard output.")] = False,
    organization: Annotated[str, typer.Option(help="Whose documents they are.")] = ORGANIZATION,
) -> None:
    """Sends documents through virus check, OCR, classification, extraction and thumbnail, and shows what came out.

    Starts what isn't running: the embedded PostgreSQL (without DATABASE_URL), migrations, a worker. Exits with 0 when
    all documents were completed, 1 when some failed, 2 for wrong use.
    """
    from advisorjobs.cli.consoles import console
    from advisorjobs.cli.ground import prepared
    from advisorjobs.cli.pipeline import send_through

    refuse_unreadable(files)
    settings = Settings.from_environment()
    with prepared(settings) as database:
        sent = send_through(settings, database, files, organization, console(stderr=True))
    if as_json:
        for each in sent.outcomes:
            typer.echo(json.dumps(each, ensure_ascii=False))
    else:
        from advisorjobs.cli.account import account

        account(sent.outcomes, console())
    if sent.failed:
        raise typer.Exit(FAILED)


def refuse_unreadable(files: list[str]) -> None:
    """Before anything is started: raises PayloadError for the first that is no file or can't be read."""
    for file in files:
        try:
            with Path(file).open("rb"):
                continue
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise PayloadError("process", {file: f"{reason}: name files that you may read"}) from error
