"""The fields of a document: from its text layer, from the page pictures where that lacks something, from a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from advisorjobs.services.documents.choice import Choice, choose_date, choose_number
from advisorjobs.services.documents.classification import classify
from advisorjobs.services.documents.evidence import Evidence, first_and_last, gather
from advisorjobs.services.documents.issuer import choose_issuer
from advisorjobs.services.documents.items import Item, find_items
from advisorjobs.services.documents.merging import merged
from advisorjobs.services.documents.origin import currency_of
from advisorjobs.services.documents.statements import Statement, find_statement
from advisorjobs.services.documents.totals import Guess, Totals, find_totals, support_of
from advisorjobs.services.reading.page import Reading

__all__ = ["FIELDS", "Extraction", "Field", "Item", "extract"]

FIELDS = ("issuer", "number", "date", "currency", "net", "tax", "total")
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "invoice": ("issuer", "number", "date", "total"),
    "receipt": ("issuer", "date", "total"),
    "bank_statement": ("issuer", "date"),
    "tax_form": ("issuer",),
    "letter": ("issuer", "date"),
    "other": (),
}
_STATEMENT = "bank_statement"
_WEAK = 0.4


@dataclass(frozen=True, slots=True)
class Field:
    """A value as text (dates ISO, amounts with a point and no grouping) and how sure it is, 0…1."""

    value: str
    confidence: float

    def to_json(self) -> dict[str, Any]:
        return {"value": self.value, "confidence": self.confidence}


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a document says; None where it doesn't. `read_picture` tells whether the page pictures were read too;
    `statement` is what a bank statement says of its account."""

    issuer: Field | None = None
    number: Field | None = None
    date: Field | None = None
    currency: Field | None = None
    net: Field | None = None
    tax: Field | None = None
    total: Field | None = None
    lines: tuple[Item, ...] = ()
    read_picture: bool = False
    statement: Statement | None = None

    def to_json(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name in FIELDS:
            found: Field | None = getattr(self, name)
            values[name] = found.to_json() if found else None
        return {**values, "lines": [line.to_json() for line in self.lines]}


def extract(
    reading: Reading, *, kind: str | None = None, read_picture: Callable[[], Reading] | None = None
) -> Extraction:
    """The fields of *reading*.

    *kind* is what `classify` said (None: ask it here). *read_picture* gives the OCR reading of the same pages; it is
    called at most once, and only when a field that this kind should have is missing or weak. What a service put into
    `reading.fields` stays wherever it is surer.
    """
    kind = kind or classify(reading).type
    found = _with_service(_conclude(reading, kind), reading.fields)
    if read_picture is None or not _lacks(found, kind, reading):
        return found
    picture = read_picture()
    both = _with_service(_conclude(merged(reading, picture), kind), reading.fields)
    return replace(_surer(found, both), read_picture=True)


def _lacks(found: Extraction, kind: str, reading: Reading) -> bool:
    """Whether the picture could still help: not when it is what was read already."""
    if reading.pages and all(page.source == "picture" for page in reading.pages):
        return False
    fields = [getattr(found, name) for name in _NEEDED.get(kind, ())]
    return any(field is None or field.confidence < _WEAK for field in fields)


def _conclude(reading: Reading, kind: str) -> Extraction:
    """The fields from the first and last pages, the lines from all of them."""
    ends = first_and_last(reading)
    evidence = gather(ends)
    if not evidence.segments:
        return Extraction()
    issuer, day = choose_issuer(evidence, kind=kind), choose_date(evidence, kind=kind)
    number = choose_number(evidence, kind=kind) if kind != "letter" else None
    whole = evidence if ends is reading else gather(reading)
    statement = (
        find_statement(whole, issued=date.fromisoformat(day.value) if day else None) if kind == _STATEMENT else None
    )
    lines = statement.lines if statement else find_items(whole) if kind in ("invoice", "receipt") else ()
    totals = _totals(evidence, kind, lines, statement)
    money = currency_of(evidence.amounts, evidence.text, evidence.country) if totals.total or lines else None
    return Extraction(
        issuer=_field(issuer),
        number=_field(number),
        date=_field(day),
        currency=Field(*money) if money else None,
        net=_amount(totals.net),
        tax=_amount(totals.tax),
        total=_amount(totals.total),
        lines=lines,
        statement=statement,
    )


def _totals(evidence: Evidence, kind: str, lines: tuple[Item, ...], statement: Statement | None) -> Totals:
    if kind in ("invoice", "receipt"):
        return find_totals(evidence, items=[Decimal(line.amount) for line in lines if line.amount])
    support = support_of(evidence)
    if statement is not None:
        return Totals(total=_closing(support["closing_balance"], statement.closing))
    if kind == "tax_form":
        return Totals(tax=_most(support["tax"]), total=_most(support["total"]))
    return Totals()


def _closing(said: Mapping[Decimal, float], closing: Decimal | None) -> Guess | None:
    """The closing balance: as labelled, and with its sign as the rows give it."""
    labelled = _most(said)
    if closing is None:
        return labelled
    return replace(labelled, value=closing) if labelled and abs(labelled.value) == abs(closing) else Guess(closing, 0.5)


def _most(said: Mapping[Decimal, float]) -> Guess | None:
    if not said:
        return None
    value = max(said, key=lambda key: (said[key], key))
    return Guess(value, round(min(0.95, 0.9 * said[value]), 2))


def _field(choice: Choice | None) -> Field | None:
    return Field(choice.value, choice.confidence) if choice else None


def _amount(guess: Guess | None) -> Field | None:
    return Field(format(guess.value.quantize(Decimal("0.01")), "f"), guess.confidence) if guess else None


def _surer(one: Extraction, other: Extraction) -> Extraction:
    """Field by field the surer of two; the lines of the longer list."""
    chosen: dict[str, Any] = {}
    for name in FIELDS:
        first, second = getattr(one, name), getattr(other, name)
        chosen[name] = second if first is None or (second and second.confidence > first.confidence) else first
    fuller = one if one.lines else other
    return replace(one, **chosen, lines=fuller.lines, statement=fuller.statement)


def _with_service(found: Extraction, fields: Mapping[str, Any]) -> Extraction:
    """What a service extracted, wherever it is at least as sure as we are."""
    chosen: dict[str, Any] = {}
    for name in FIELDS:
        said, own = _service_field(fields.get(name)), getattr(found, name)
        if said and (own is None or said.confidence >= own.confidence):
            chosen[name] = said
    lines = tuple(_service_item(line) for line in fields.get("lines") or ()) or found.lines
    statement = replace(found.statement, lines=lines) if found.statement else None
    return replace(found, **chosen, lines=lines, statement=statement)


def _service_field(value: Any) -> Field | None:
    if isinstance(value, Mapping):
        inner = value.get("value")
        return Field(str(inner), float(value.get("confidence") or 0.5)) if inner not in (None, "") else None
    return Field(str(value), 0.5) if value not in (None, "") else None


def _service_item(line: Mapping[str, Any]) -> Item:
    keys = ("quantity", "unit_price", "amount", "date", "balance")
    return Item(str(line.get("description") or ""), **{k: None if line.get(k) is None else str(line[k]) for k in keys})
