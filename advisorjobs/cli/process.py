"""`advisorjobs process`: local files through the whole pipeline, and what came out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisorjobs.cli.failure import FAILED
from advisorjobs.cli.json_lines import JsonOption, print_json
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
    as_json: JsonOption = False,
    organization: Annotated[str, typer.Option(metavar="ID", help="Whose documents they are.")] = ORGANIZATION,
) -> None:
    """Sends documents through the pipeline and shows what came out.

    Virus check, OCR, classification, extraction and thumbnail. Starts what isn't running: the embedded PostgreSQL
    (without DATABASE_URL), migrations, a worker. Exits with 0 when all documents were completed, 1 when some failed, 2
    for wrong use.

    \b
    Examples:
      advisorjobs process letter.pdf receipt.jpg
      advisorjobs process inbox/*.pdf --json | jq .fields.total

    \b
    --json: {"file", "status", "error_code", "error", "document_type", "text",
    "fields", "lines", "pages", "scan", "thumbnail", "engine"} for each file, in
    the order given.
    """
    from advisorjobs.cli.consoles import console
    from advisorjobs.cli.ground import prepared
    from advisorjobs.cli.pipeline import send_through

    refuse_unreadable(files)
    settings = Settings.from_environment()
    with prepared(settings) as database:
        sent = send_through(settings, database, files, organization, console(stderr=True))
    if as_json:
        print_json(*sent.outcomes)
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
