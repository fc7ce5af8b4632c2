"""What kind of document a Reading is: weighted words of six kinds in several languages, and the shape of the page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import Any

from advisorjobs.services.documents.evidence import Evidence, first_and_last, gather
from advisorjobs.services.documents.spelling import folded, squeezed
from advisorjobs.services.documents.vocabulary import label_table, phrases, table
from advisorjobs.services.reading.page import Reading

__all__ = ["DOCUMENT_TYPES", "Classification", "classify"]

DOCUMENT_TYPES = ("invoice", "receipt", "bank_statement", "tax_form", "letter", "other")
_SLIP_LETTERS = 48
_LEAST = 4.0
"""Weight below which a document is none of the kinds."""


@dataclass(frozen=True, slots=True)
class Classification:
    """`type` is one of DOCUMENT_TYPES, `confidence` 0…1; `reasons` name the evidence, never the document's own words
    beyond the phrases of our table."""

    type: str
    confidence: float
    reasons: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "confidence": self.confidence, "reasons": list(self.reasons)}


def classify(reading: Reading) -> Classification:
    """The kind of *reading*; without any text it is `other`."""
    return _classified(gather(first_and_last(reading)))


def _classified(evidence: Evidence) -> Classification:
    if sum(char.isalnum() for char in evidence.text) < 12:
        return Classification("other", 0.99, ("no text",))
    found = {kind: _words(evidence, kind) for kind in DOCUMENT_TYPES if kind != "other"}
    for kind, weight, reason in _shapes(evidence):
        found[kind].append((weight, reason))
    scores = {kind: sum(weight for weight, _ in reasons) for kind, reasons in found.items()}
    best = max(scores, key=lambda kind: scores[kind])
    if scores[best] < _LEAST:
        return Classification("other", round(min(0.9, 0.4 + 0.12 * (_LEAST - scores[best])), 2), ("no kind's words",))
    reasons = sorted(found[best], reverse=True)
    return Classification(best, _confidence(scores, best), tuple(reason for _, reason in reasons[:6]))


def _confidence(scores: dict[str, float], best: str) -> float:
    """How far ahead the best kind is, and how much was found at all."""
    second = max(score for kind, score in scores.items() if kind != best)
    lead = 1 / (1 + math.exp(-(scores[best] - second) / 2.5))
    return round(min(0.99, lead * (0.6 + 0.4 * min(1.0, scores[best] / 12))), 2)


@cache
def _table(kind: str) -> tuple[frozenset[str], tuple[tuple[str, float], ...], tuple[str, ...]]:
    """Squeezed titles, folded phrases with their weights, and squeezed nouns on which compound titles end."""
    entry = next(entry for entry in table("kinds")["kind"] if entry["type"] == kind)
    body = tuple((folded(phrase), float(weight)) for weight, words in entry["body"].items() for phrase in words)
    compounds = tuple(squeezed(noun) for noun in entry.get("compounds", ()))
    return frozenset(squeezed(title) for title in entry["title"]), body, compounds


def _words(evidence: Evidence, kind: str) -> list[tuple[float, str]]:
    titles, body, compounds = _table(kind)
    plain = f" {folded(evidence.text)} "
    # OCR drops spaces between words, so long phrases are looked for without them as well.
    tight = plain.replace(" ", "")
    found = [
        (weight, f"says “{phrase}”")
        for phrase, weight in body
        if f" {phrase} " in plain or (len(phrase) > 12 and phrase.replace(" ", "") in tight)
    ]
    found = sorted(found, reverse=True)[:10]
    title = _title_weight(evidence, titles, compounds)
    return [*found, (title, f"is headed as {kind.replace('_', ' ')}")] if title else found


def _title_weight(evidence: Evidence, titles: frozenset[str], compounds: tuple[str, ...]) -> float:
    """A title alone in its line counts most, the higher up the more; one at a short line's start or end counts half."""
    best = 0.0
    if not evidence.segments:
        return best
    first = evidence.segments[0].page
    for segment in evidence.segments:
        if segment.page != first or len(segment.words) > 7:
            continue
        place = 1.0 if segment.box.top < 0.45 else 0.5
        words = [squeezed(word.text) for word in segment.words]
        whole = "".join(words)
        if whole.strip() in titles or whole.rstrip("0123456789") in titles:
            best = max(best, 8.0 * place)
        elif len(words) <= 4 and any(word.endswith(compounds) for word in words):
            best = max(best, 5.0 * place)
        elif any("".join(words[:n]) in titles or "".join(words[-n:]) in titles for n in range(1, min(6, len(words)))):
            weight = 2.0 if _labels_number(words, titles) else 5.0 if len(words) <= 4 else 3.0
            best = max(best, weight * place)
    return best


def _labels_number(words: list[str], titles: frozenset[str]) -> bool:
    """Whether a line that begins with a title is but a label ("Invoice number: 17" on a receipt)."""
    starts = ["".join(words[:count]) for count in range(1, min(5, len(words)) + 1)]
    title = next((start for start in starts if start in titles), None)
    return title is not None and any(
        len(start) > len(title)
        and any(meaning.weight >= 0.9 and not meaning.title for meaning in label_table().get(start, ()))
        for start in starts
    )


def _shapes(evidence: Evidence) -> list[tuple[str, float, str]]:
    """What the page looks like: (kind, weight, reason)."""
    money = [amount for amount in evidence.amounts if amount.cents]
    found: list[tuple[str, float, str]] = []
    movements = sum(bool(row.amounts) and _starts_with_date(evidence, row.segments[0].index) for row in evidence.rows)
    if movements >= 4:
        found.append(("bank_statement", 3.0 + min(3.0, 0.3 * movements), "lists dated movements"))
    greeted, closed = _greeted(evidence), _closed(evidence)
    if greeted or closed:
        weight = (4.0 if greeted else 0.0) + (4.0 if closed else 0.0)
        found.append(("letter", weight if len(money) < 4 else weight / 3, "greets and takes leave"))
    prose = sum(
        len(segment.words) >= 7 and not any(a.span.segment is segment for a in money) for segment in evidence.segments
    )
    if greeted and prose >= 4 and len(money) < 4:
        found.append(("letter", 2.0, "is running text"))
    if len(money) >= 2 and _has_total(evidence):
        found += [("invoice", 2.0, "adds up to a total"), ("receipt", 2.0, "adds up to a total")]
    if _is_slip(evidence) and money:
        found.append(("receipt", 3.0, "is as narrow as a till slip"))
    elif not money:
        found += [("invoice", -3.0, "has no amounts"), ("receipt", -3.0, "has no amounts")]
    return found


def _starts_with_date(evidence: Evidence, index: int) -> bool:
    return any(found.span.segment.index == index and found.span.start < 4 for found in evidence.dates)


def _greeted(evidence: Evidence) -> bool:
    greetings = tuple(f"{words} " for words in phrases("kinds", "greetings"))
    return any(
        f"{folded(segment.text)} ".startswith(greetings)
        and len(segment.words) <= 8
        and segment.text.rstrip()[-1:] in ",.:!)"
        for segment in evidence.segments
    )


def _closed(evidence: Evidence) -> bool:
    closings = tuple(phrases("kinds", "closings"))
    return any(folded(segment.text).startswith(closings) for segment in evidence.segments)


def _has_total(evidence: Evidence) -> bool:
    return any(label.weight("total") >= 0.75 for label in evidence.labels)


def _is_slip(evidence: Evidence) -> bool:
    """Long and narrow, or all print within a column of few letters."""
    page = evidence.segments[0].page
    segments = [segment for segment in evidence.segments if segment.page == page]
    if len(segments) <= 8:
        return segments[0].aspect > 1.75
    width = max(segment.box.right for segment in segments) - min(segment.box.left for segment in segments)
    letter = median((s.box.right - s.box.left) / max(1, len(s.text)) for s in segments)
    return segments[0].aspect > 1.75 or (segments[0].aspect > 1.2 and width <= _SLIP_LETTERS * letter)
