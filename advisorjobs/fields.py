"""Kinds of fields that payloads share, each with its rule: money, days, moments, texts, addresses.

JSON types (what SQL clients are checked by) follow from them; the rest is judged when a job is queued from Python, and when
it runs.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    JsonValue,
    Strict,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from advisorjobs.payloads import PayloadPart

__all__ = [
    "Currency",
    "Day",
    "EmailAddress",
    "EventType",
    "Flag",
    "Identifier",
    "JsonObject",
    "Language",
    "Line",
    "Moment",
    "Money",
    "NoRepeats",
    "Period",
    "Slug",
    "Text",
    "WebAddress",
    "Whole",
]

LOCAL_PART = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(rf"{LOCAL_PART}@{LABEL}(?:\.{LABEL})*")
"""An address as the HTML standard defines it for <input type=email>: no name beside it, no quotes, no comments."""

CONTROLS = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")
"""Control characters, line and paragraph separators, marks that turn the direction of what follows, halves of pairs."""


def _no_number(value: Any) -> Any:
    """pydantic would take a number for seconds since 1970."""
    if isinstance(value, int | float | Decimal):
        raise ValueError("must be a date or ISO 8601 text, not a number")  # noqa: TRY004 – what pydantic takes for a refusal
    return value


def _no_float(value: Any) -> Any:
    if isinstance(value, float | bool):
        raise ValueError("must be a Decimal, whole number or text such as '12.50': a float is not exact")  # noqa: TRY004
    return value


def _one_line(text: str) -> str:
    if CONTROLS.search(text):
        raise ValueError("must be one line without control characters")
    if "=?" in text:
        raise ValueError("must not contain '=?': mail programs would decode it")
    return text


def _lines(text: str) -> str:
    text = text.replace("\r\n", "\n")
    if CONTROLS.search(text.replace("\n", "").replace("\t", "")):
        raise ValueError("must not contain control characters other than line breaks and tabs")
    return text


def _address(text: str) -> str:
    if len(text) > 254 or "=?" in text or not ADDRESS.fullmatch(text):
        raise ValueError(
            "must be one e-mail address such as ada@example.com, without a name; other scripts in punycode"
        )
    return text


def _web_address(text: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(text)
    if not (parts.scheme == "https" and parts.hostname and " " not in text and not CONTROLS.search(text)):
        raise ValueError("must be an address that begins with https://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not contain a user or password")
    return text


def _without_repeats(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) != len(values):
        raise ValueError("must not name anything twice")
    return values


Identifier = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
"""An id of the application's or of a service's."""

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
"""A short name for programs: small letters, digits, - and _."""

EventType = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+([./][A-Za-z0-9_-]+)*$", max_length=200)]
"""What happened, in a service's words: "invoice.paid"."""

Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
"""One line for people; safe in the subject of a mail."""

Text = Annotated[str, Field(min_length=1, max_length=10_000), AfterValidator(_lines)]
"""Some paragraphs for people."""

EmailAddress = Annotated[str, AfterValidator(_address)]
"""One address, as a mail's envelope takes it."""

WebAddress = Annotated[str, Field(max_length=2000), AfterValidator(_web_address)]
"""Where a person may click."""

Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
"""ISO 639, with a region where it matters: "en", "de-AT"."""

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""ISO 4217."""

Day = Annotated[date, BeforeValidator(_no_number)]
"""A calendar day, or ISO 8601 text."""

Moment = Annotated[AwareDatetime, BeforeValidator(_no_number)]
"""A datetime with its time zone, or ISO 8601 text."""

Money = Annotated[
    Decimal,
    BeforeValidator(_no_float),
    Field(max_digits=15, decimal_places=2),
    WithJsonSchema({"type": ["string", "integer"]}),
]
"""An amount, exact to the cent; text in JSON."""

Whole = Annotated[int, Strict()]
"""A whole number, not text that looks like one."""

Flag = Annotated[bool, Strict()]

JsonObject = dict[str, JsonValue]


NoRepeats = AfterValidator(_without_repeats)
"""For tuples of choices."""


class Period(PayloadPart):
    """Days from `start` to `end`, both included."""

    start: Day
    end: Day

    @field_validator("end")
    @classmethod
    def _not_before_start(cls, end: date, info: ValidationInfo) -> date:
        if end < info.data.get("start", end):
            raise ValueError("must not be before start")
        return end
