"""A language model's choice of category: of those given, for bookings that it knows by position only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

from advisorjobs.services.ai.asking import Asking
from advisorjobs.services.ai.books import Labelled, Transaction
from advisorjobs.services.ai.classification.rules import fits_direction, names_business
from advisorjobs.services.ai.model import AnswerForm, Prompt
from advisorjobs.services.ai.prompts import prompt
from advisorjobs.services.ai.redaction import redacted, redacted_party
from advisorjobs.services.books.categories import categories

__all__ = ["Choice", "Choices", "choose", "question"]

BATCH = 40
"""Bookings in one question: what a model answers without losing count."""

CERTAINTY = {"sure": 0.9, "likely": 0.7}
"""The numbers are ours: a model's own are no probabilities. What it is unsure of isn't used."""

LONGEST_REASON = 120


class Choice(AnswerForm):
    """What the model says of one booking."""

    name: str
    category: str
    certainty: Literal["sure", "likely", "unsure"]
    reason: str


class Choices(AnswerForm):
    choices: list[Choice]


def choose(
    asking: Asking,
    transactions: Sequence[Transaction],
    names: Iterable[str],
    done: Callable[[int], None] = lambda n: None,
) -> tuple[list[Labelled], int]:
    """The categories that the model chose, and how many of its choices were refused; *done* is told how far it is.

    Refused is what isn't one of the given categories, goes against the direction of the money, or is about a booking that
    it wasn't asked about, or again.
    """
    found, refused = list[Labelled](), 0
    for batch in _batches(transactions):
        answer = asking.ask(question(batch, names), Choices)
        taken = list(_taken(answer, batch, asking.engine))
        found += (each for each in taken if each is not None)
        refused += taken.count(None)
        done(len(batch))
    return found, refused


def question(batch: Sequence[Transaction], names: Iterable[str]) -> Prompt:
    """The prompt for *batch*: texts without what names anybody, t1, t2 … for ids."""
    known = tuple(names)
    bookings = [
        {
            "name": f"t{number}",
            "direction": "in" if each.amount > 0 else "out",
            "amount": f"{abs(each.amount)} {each.currency}",
            "counterparty": redacted_party(each.counterparty, known, known=names_business),
            "text": redacted(_without_party(each, known), known),
        }
        for number, each in enumerate(batch, 1)
    ]
    given = [{"key": key, "kind": each.kind, "label": each.label("en")} for key, each in categories().items()]
    return prompt("classify", categories=given, bookings=bookings)


def _batches(transactions: Sequence[Transaction]) -> Iterator[Sequence[Transaction]]:
    for start in range(0, len(transactions), BATCH):
        yield transactions[start : start + BATCH]


def _without_party(transaction: Transaction, names: tuple[str, ...]) -> str:
    """The text, without the counterparty's name again where that may be a person's."""
    party = redacted_party(transaction.counterparty, names, known=names_business)
    if "[person]" in party:
        return re.sub(re.escape(transaction.counterparty), "[person]", transaction.description, flags=re.IGNORECASE)
    return transaction.description


def _taken(answer: Choices, batch: Sequence[Transaction], engine: str) -> Iterator[Labelled | None]:
    """A label for each choice that may be used, None for each that is refused; nothing for honest ignorance."""
    waiting: dict[str, Transaction] = {f"t{number}": each for number, each in enumerate(batch, 1)}
    for choice in answer.choices:
        transaction = waiting.pop(choice.name, None)
        if transaction is None:
            yield None
        elif choice.category == "unknown" or choice.certainty == "unsure":
            continue
        elif choice.category not in categories() or not fits_direction(choice.category, transaction):
            yield None
        else:
            yield Labelled(
                id=transaction.id,
                category=choice.category,
                source="model",
                confidence=CERTAINTY[choice.certainty],
                reason=f"{_reason(choice)} ({engine})",
            )


def _reason(choice: Choice) -> str:
    """The model's words, if they are just words: nothing to click or to call, no figures, no markup."""
    words = " ".join(choice.reason.split())
    if re.search(r"[\d@<>\[\]{}|]|://|www\.", words) or not words.isprintable() or not words:
        return f"read as {categories()[choice.category].label('en')}"
    return words[:LONGEST_REASON]
