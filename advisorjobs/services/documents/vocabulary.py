"""The tables beside this file (labels, months, money, countries, parties, kinds), read once, ready to search."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from advisorjobs.services.documents.spelling import folded, squeezed

__all__ = [
    "LabelMeaning",
    "country_patterns",
    "label_table",
    "legal_form_pattern",
    "month_numbers",
    "phrases",
    "table",
    "titles",
]


@dataclass(frozen=True, slots=True)
class LabelMeaning:
    """What a phrase says about the value beside it."""

    field: str
    weight: float
    title: bool


@cache
def table(name: str) -> Mapping[str, Any]:
    """The table *name*.toml of this package."""
    return tomllib.loads((files(__package__) / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def label_table() -> Mapping[str, tuple[LabelMeaning, ...]]:
    """Squeezed phrase → its meanings; a phrase may head a column and name a total."""
    meanings: dict[str, tuple[LabelMeaning, ...]] = {}
    for phrase, meaning in (*_listed_labels(), *_title_labels()):
        known = meanings.get(squeezed(phrase), ())
        if all(other.field != meaning.field for other in known):
            meanings[squeezed(phrase)] = (*known, meaning)
    return meanings


def _listed_labels() -> Iterator[tuple[str, LabelMeaning]]:
    for entry in table("labels")["label"]:
        for phrase in entry["phrases"]:
            yield phrase, LabelMeaning(entry["field"], entry["weight"], entry.get("titles", False))


def _title_labels() -> Iterator[tuple[str, LabelMeaning]]:
    """A title of a numbered kind of document announces its number, alone or with a word for "number" after it."""
    for kind in table("kinds")["kind"]:
        if kind["type"] in ("invoice", "receipt"):
            for title in kind["title"]:
                yield title, LabelMeaning("number", 0.5, True)
                for word in table("labels")["number_words"]:
                    yield f"{title} {word}", LabelMeaning("number", 0.9, False)


@cache
def month_numbers() -> Mapping[str, int]:
    """Squeezed month name or abbreviation → 1…12."""
    months = table("calendar")["months"]
    return {squeezed(name): number for number, names in enumerate(months, 1) for name in names}


@cache
def country_patterns() -> Mapping[str, re.Pattern[str]]:
    """Country code → one pattern that matches any of its signs."""
    return {code: re.compile("|".join(signs)) for code, signs in table("countries")["patterns"].items()}


@cache
def phrases(file: str, key: str) -> frozenset[str]:
    """A list of one of the tables, folded."""
    return frozenset(folded(phrase) for phrase in table(file)[key])


@cache
def titles(kind: str | None = None) -> frozenset[str]:
    """What documents of a kind, or of any, are headed with, folded."""
    kinds = [entry for entry in table("kinds")["kind"] if kind in (None, entry["type"])]
    return frozenset(folded(title) for entry in kinds for title in entry["title"])


@cache
def legal_form_pattern() -> re.Pattern[str]:
    """Matches a legal form that stands as a word or words; its dots and spaces are optional, case matters little."""
    forms = sorted(table("parties")["legal_forms"], key=len, reverse=True)
    return re.compile(r"(?<![\w.&])(?:" + "|".join(_legal_form(form) for form in forms) + r")(?![\w])")


def _legal_form(form: str) -> str:
    """Short forms must keep their capitals (a "sa" in a sentence is none), longer ones may be all capitals."""
    # OCR takes a small l for a capital i.
    parts = [re.escape(part).replace("l", "[lI]") for part in re.split(r"[.\s]+", form) if part]
    joined = r"\.?\s?".join(parts)
    loose = len(re.sub(r"\W", "", form)) >= 3
    return f"(?i:{joined})\\.?" if loose else f"{joined}\\.?"
