"""`advisorjobs email`: mails as they will look, without sending any."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import typer

from advisorjobs.choices import EmailType
from advisorjobs.cli.json_lines import JsonOption, print_json
from advisorjobs.environment import did_you_mean
from advisorjobs.errors import SettingsError

__all__ = ["command"]

TYPES: tuple[str, ...] = get_args(EmailType)
command = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@command.callback()
def group() -> None:
    """Shows mails as they will look.

    \b
    Example:
      advisorjobs email preview welcome
    """


@command.command(name="preview")
def preview(
    type: Annotated[  # noqa: A002
        str | None, typer.Argument(metavar="TYPE", help="Which mail.", show_default=False, autocompletion=lambda: TYPES)
    ] = None,
    language: Annotated[str, typer.Option("--language", metavar="TAG", help="en, de, de-CH, …")] = "en",
    level: Annotated[int, typer.Option("--level", min=1, max=4, help="Of an invoice reminder.")] = 1,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Where to.", show_default="TYPE-TAG.html")
    ] = None,
    everything: Annotated[
        Path | None, typer.Option("--all", metavar="FOLDER", help="All mails in all languages, into a folder.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Writes a mail with invented data to files: HTML, text and .eml.

    The HTML goes to FILE; beside it, with other endings, the text and the whole mail, which mail programs open. Types:
    welcome, task_assignment, invoice_reminder, document_shared, report_delivery, security_alert, emergency. A language
    that no mail is written in is English.

    \b
    Examples:
      advisorjobs email preview invoice_reminder --level 3 --language de
      advisorjobs email preview --all previews

    \b
    --json: {"type", "language", "subject", "html", "text", "eml"} for each mail.
    """
    from advisorjobs.services.mail.language import languages
    from advisorjobs.services.mail.samples import variants

    if (type is None) == (everything is None):
        raise SettingsError("TYPE", type, "name one mail, or --all and a folder")
    if everything is not None:
        wanted = [(name, tag, each) for tag in languages() for name, each in variants()]
        rows = [write(name, tag, each, everything / file_of(name, tag, each)) for name, tag, each in wanted]
    elif type not in TYPES:
        raise SettingsError("TYPE", type, f"there is no such mail{did_you_mean(str(type), TYPES)}")
    else:
        rows = [write(type, language, level, output or Path(file_of(type, language, level)))]
    if as_json:
        print_json(*rows)
    else:
        for row in rows:
            typer.echo(f"{row['subject']}\n  {row['html']}\n  {row['text']}\n  {row['eml']}")


def file_of(name: str, tag: str, level: int) -> str:
    return f"{name}-{level}-{tag}.html" if name == "invoice_reminder" else f"{name}-{tag}.html"


def write(name: str, tag: str, level: int, page: Path) -> dict[str, str]:
    """Writes one mail's three files; what and where they are."""
    from advisorjobs.services.mail.message import built
    from advisorjobs.services.mail.samples import letter

    sample = letter(name, tag, level)
    page.parent.mkdir(parents=True, exist_ok=True)
    text, mail = page.with_suffix(".txt"), page.with_suffix(".eml")
    page.write_text(sample.rendered.html, "utf-8")
    text.write_text(sample.rendered.text, "utf-8")
    mail.write_bytes(built(sample))
    places = {"html": str(page), "text": str(text), "eml": str(mail)}
    return {"type": name, "language": tag, "subject": sample.rendered.subject, **places}
