"""Finding what may be a document's number: words with digits that are neither dates nor amounts nor bank details."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from advisorjobs.services.documents.layout import Segment, Span

__all__ = ["Identifier", "find_identifiers"]

_WORD = r"[A-Za-z0-9](?:[\w\-/.:_]*[A-Za-z0-9])?"
_GROUPS = re.compile(r"(?<![\w.,/\-])\d{3,5}(?: \d{3,5}){1,4}(?![\w.,/\-])")
_CANDIDATE = re.compile(
    r"(?:(?<!\w)[A-Z]{2,3} (?=\d{4}/\d))?(?<![\w@.,])(?:[A-Z]{1,4}\s?[\-/]\s?)?"
    rf"{_WORD}(?:\s?[/\-]\s?\w*\d\w*)*(?![\w@])"
)
_NEVER = re.compile(
    r"^[A-Z]{2}\d{2}[A-Z0-9]{10,30}$"  # IBAN
    r"|^(?:https?:|www\.)|\.(?:com|net|org|de|fr|nl|es|it|uk|example)$"
    r"|^\d{1,3}[.,]\d{1,2}$|^\d{1,3}(?:[.,]\d{3})*[.,]\d{2}$"
    r"|^\d{1,2}:\d{2}(?::\d{2})?$|^\d+(?:st|nd|rd|th|er|x|kg|g|l|ml|pcs)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A possible number. `shape` (0…1) says how much it looks like one by itself."""

    span: Span
    value: str
    shape: float


def find_identifiers(segments: Iterable[Segment], *, taken: Sequence[Span]) -> tuple[Identifier, ...]:
    """Candidates outside of *taken* (dates, amounts with a currency)."""
    blocked: dict[int, list[Span]] = {}
    for span in taken:
        blocked.setdefault(span.segment.index, []).append(span)
    found: list[Identifier] = []
    for segment in segments:
        for match in (*_GROUPS.finditer(segment.text), *_CANDIDATE.finditer(segment.text)):
            span = segment.span(*match.span())
            if found and found[-1].span.overlaps(span):
                continue  # a part of a number written in groups
            value = re.sub(r"\s*([/\-])\s*", r"\1", match.group())
            if not _possible(value) or any(_mostly(span, other) for other in blocked.get(segment.index, ())):
                continue
            bracketed = segment.text[: match.start()].endswith("(") and segment.text[match.end() :].startswith(")")
            found.append(Identifier(span, value, _shape(value) * (0.3 if bracketed else 1.0)))
    return tuple(found)


def _mostly(span: Span, other: Span) -> bool:
    """Whether a date fills the span; an identifier may hold a date (INV-2024-01-31) as its smaller part."""
    return span.overlaps(other) and (other.end - other.start) >= 0.75 * (span.end - span.start)


def _possible(value: str) -> bool:
    return any(char.isdigit() for char in value) and not _NEVER.search(value)


def _shape(value: str) -> float:
    digits = sum(char.isdigit() for char in value)
    if digits == 1:
        return 0.35
    if re.fullmatch(r"(?:19|20)\d\d", value):
        return 0.3
    if digits < 3:
        return 0.55
    return 1.0 if len(value) <= 24 else 0.6
