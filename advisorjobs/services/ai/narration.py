"""Words for figures: a language model's, if every number in them is one that code gave; else the sentences that we have.

A model is shown statements without names ([P1] for the first counterparty), and what it writes is checked piece by piece:
an item may hold the numbers of its own statement only, the summary those of all. What fails is left out and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from advisorjobs.services.ai.asking import Asking
from advisorjobs.services.ai.model import AnswerForm
from advisorjobs.services.ai.prompts import prompt
from advisorjobs.services.ai.redaction import without_name
from advisorjobs.services.ai.wording import Wording

__all__ = ["Narrative", "Statement", "narrate", "numbers"]

MOST = 25
"""Statements in one question."""

LONGEST_TITLE, LONGEST_TEXT, LONGEST_SUMMARY = 160, 800, 1_500
_MARK = re.compile(r"\[(P\d+|[a-z]+)\]")
_NUMBER = re.compile(r"\d(?:[\d.,'’\u00a0\u202f]*\d)?")


@dataclass(frozen=True, slots=True)
class Statement:
    """What code says: `title` and `text` with its figures in them; `parties` are the names among the words."""

    key: str
    title: str
    text: str
    parties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Narrative:
    """`engine`: whose words the summary is in. `statements`: the same, in the words that were found for them.

    `refused`: how many pieces of a model were left out for a number, a name or a link that wasn't given to it.
    """

    engine: str
    summary: str
    statements: tuple[Statement, ...]
    refused: int = 0


class Item(AnswerForm):
    key: str
    title: str
    text: str


class Words(AnswerForm):
    """What a model writes."""

    summary: str
    items: list[Item]


@dataclass(slots=True)
class Names:
    """Names ↔ the marks that stand for them in a prompt; what else is private is taken out."""

    private: Sequence[str]
    marks: dict[str, str] = field(default_factory=dict)

    def hide(self, text: str, parties: Iterable[str]) -> str:
        for party in sorted(set(parties) - {""}, key=len, reverse=True):
            mark = self.marks.setdefault(party, f"[P{len(self.marks) + 1}]")
            text = text.replace(party, mark)
        return text

    def show(self, text: str) -> str:
        names = {mark: party for party, mark in self.marks.items()}
        return _MARK.sub(lambda match: names.get(match[0], match[0]), text)


def narrate(
    asking: Asking | None,
    statements: Sequence[Statement],
    *,
    topic: str,
    summary: str,
    wording: Wording,
    private: Sequence[str],
) -> Narrative:
    """*statements* and *summary* in a model's words, as far as they pass; without a model in their own.

    *private*: names that no prompt may hold.
    """
    if asking is None or not statements:
        return Narrative("local", summary, tuple(statements))
    names = Names(private)
    first = [_hidden(each, names) for each in statements[:MOST]]
    shown = [{"key": each.key, "title": each.title, "text": each.text} for each in first]
    words = asking.ask(prompt("words", language=wording.language, topic=topic, statements=shown), Words)
    given, found, refused = {each.key: each for each in first}, dict[str, Statement](), 0
    for item in words.items:
        of = given.get(item.key)
        if of is None or item.key in found or not _passes(f"{item.title} {item.text}", [of], wording):
            refused += 1
        elif len(item.title) <= LONGEST_TITLE and len(item.text) <= LONGEST_TEXT:
            found[item.key] = replace(of, title=names.show(item.title), text=names.show(item.text))
    passes = bool(words.summary.strip()) and len(words.summary) <= LONGEST_SUMMARY
    passes = passes and _passes(words.summary, [*first, Statement("summary", "", summary)], wording)
    return Narrative(
        asking.engine if passes else "local",
        names.show(words.summary.strip()) if passes else summary,
        tuple(_in_words(each, found) for each in statements),
        refused + (not passes),
    )


def numbers(text: str, wording: Wording) -> frozenset[Decimal]:
    """The numbers in *text* as the language writes them: "1.234,50" in German is "1,234.50" in English. Marks have none."""
    return frozenset(_value(match[0], wording) for match in _NUMBER.finditer(_MARK.sub(" ", text)))


def _value(digits: str, wording: Wording) -> Decimal:
    point, grouping = (".", ",") if wording.spoken == "en" else (",", ".")
    whole, _, fraction = re.sub(rf"[{grouping}'’\u00a0\u202f]", "", digits).partition(point)
    return Decimal(f"{whole}.{re.sub(r'[^0-9]', '', fraction) or '0'}").normalize()


def _passes(text: str, given: Sequence[Statement], wording: Wording) -> bool:
    """Whether *text* holds no number and no mark beside those given, and nothing to click or to call."""
    known = " ".join(f"{each.title} {each.text}" for each in given)
    marks = {match[0] for match in _MARK.finditer(text)} <= {match[0] for match in _MARK.finditer(known)}
    printable = all(each.isprintable() for each in text.replace("\n", " "))
    plain = not re.search(r"://|www\.|@|[<>{}|]", text)
    return marks and plain and printable and numbers(text, wording) <= numbers(known, wording)


def _hidden(statement: Statement, names: Names) -> Statement:
    """The statement with marks for names, and without what else may say whose money it is about."""
    title, text = (names.hide(each, statement.parties) for each in (statement.title, statement.text))
    return replace(statement, title=_without_private(title, names), text=_without_private(text, names))


def _without_private(text: str, names: Names) -> str:
    for name in names.private:
        text = without_name(text, name)
    return text


def _in_words(statement: Statement, found: Mapping[str, Statement]) -> Statement:
    return found.get(statement.key, statement)
