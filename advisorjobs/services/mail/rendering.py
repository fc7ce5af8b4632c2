"""From a mail's type and data to its subject, HTML and text.

Each mail is one template per language (templates/emails/<language>/<type>.j2), rendered twice: with the layout and macros of
emails/html/, escaped, its styles inlined; and with those of emails/text/.
"""

from __future__ import annotations

import functools
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.resources import files
from typing import Any, Literal
from zoneinfo import ZoneInfo

from advisorjobs.errors import MissingExtra
from advisorjobs.services.mail.language import Language, language

__all__ = ["Firm", "Rendered", "render"]

Form = Literal["html", "text"]
WIDTH = 72
TONES: Mapping[str, str] = {"security_alert": "urgent", "emergency": "urgent"}
LEVELS = ("calm", "calm", "firmer", "urgent")
"""How a reminder of level 1 to 4 looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """Who a mail is from. `email` is where it is answered; `zone` is the clock that its moments are told by."""

    name: str
    email: str | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's subject (one line), its HTML with styles inlined, and the same as text."""

    subject: str
    html: str
    text: str


def render(
    type: str,  # noqa: A002 – as the payload has it
    data: Mapping[str, Any],
    *,
    firm: Firm,
    tag: str = "en",
    reply_to: str | None = None,
    attached: bool = False,
) -> Rendered:
    """The mail of this *type*. *data* has every field of the type's model, None where it was left out.

    *tag* names the language ("de-CH"); *attached*: whether files come with it. Raises jinja2.UndefinedError for a field
    that a template needs and *data* hasn't.
    """
    spoken = language(tag)
    facts = {
        **data,
        "firm": firm,
        "attached": attached,
        "tone": LEVELS[data["level"] - 1] if type == "invoice_reminder" else TONES.get(type, "calm"),
        "greeting": greeting(spoken, data["recipient_name"]),
        "footer": footer(spoken, firm, reply_to),
    }
    subject, _, text = templates(spoken, "text", firm.zone).get_template(f"{type}.j2").render(facts).partition("\n")
    page = templates(spoken, "html", firm.zone).get_template(f"{type}.j2").render(facts)
    return Rendered(" ".join(subject.split()), inliner().inline(page), tidy(text))


def greeting(spoken: Language, name: str | None) -> str:
    return spoken.words["hello"].format(name=name) if name else spoken.words["hello_all"]


def footer(spoken: Language, firm: Firm, reply_to: str | None) -> str:
    words = spoken.words["footer_reply" if reply_to else "footer"]
    return words.format(firm=firm.name, reply_to=reply_to)


@functools.lru_cache(maxsize=64)  # a few languages, as many time zones as the served firms have
def templates(spoken: Language, form: Form, zone: ZoneInfo) -> Any:
    """The templates of a language, with the layout and macros of *form*."""
    jinja2 = needed("jinja2")
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: source(name, form, spoken.name)),
        autoescape=form == "html",
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        day=spoken.day,
        money=spoken.money,
        moment=lambda moment: spoken.moment(moment, zone),
        paragraphs=paragraphs,
        fill=fill,
    )
    environment.globals["words"] = spoken.words
    environment.globals["kit"] = environment.get_template("kit.j2").module
    return environment


def source(name: str, form: Form, spoken: str) -> str | None:
    """The text of template *name*: the form's own file or the language's."""
    root = files("advisorjobs.templates") / "emails"
    places = (root / form / name, root / spoken / name)
    return next((place.read_text("utf-8") for place in places if place.is_file()), None)


@functools.cache
def inliner() -> Any:
    """Puts styles into the elements, as most mail clients heed no others; it fetches nothing."""
    return needed("css_inline").CSSInliner(load_remote_stylesheets=False)


def needed(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtra("mail", module) from error


def paragraphs(text: str) -> list[list[str]]:
    """What a person wrote, as paragraphs of lines."""
    blocks = re.split(r"\n[ \t]*\n", text.expandtabs(4))
    return [[line.rstrip() for line in block.strip("\n").split("\n")] for block in blocks if block.strip()]


def fill(text: str) -> str:
    """One paragraph in lines of at most 72 characters; addresses stay whole."""
    return textwrap.fill(
        re.sub(r"[ \t\r\n]+", " ", text.strip()), WIDTH, break_long_words=False, break_on_hyphens=False
    )


def tidy(text: str) -> str:
    """*text* with one blank line at most between two others, and none at its ends."""
    lines = (line if line == "-- " else line.rstrip(" \t") for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"
