"""Finding labels ("Invoice date", "Rechnungsnr.", "TOTAL TTC") and saying how likely a value belongs to one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from advisorjobs.services.documents.layout import Segment, Span
from advisorjobs.services.documents.spelling import folded, squeezed_char
from advisorjobs.services.documents.vocabulary import LabelMeaning, label_table, phrases

__all__ = ["Label", "find_labels", "same_row", "tie"]


_LEAST_MISREAD = 9
_AMOUNT = re.compile(r"\d[.,]\d\d")


@dataclass(frozen=True, slots=True)
class Label:
    """A label in the text. `alone`: its segment holds no other words, at most a rate, a currency or a bracket."""

    span: Span
    meanings: tuple[LabelMeaning, ...]
    alone: bool

    def weight(self, field: str) -> float:
        """How sure this label makes of *field*, 0 when it says something else."""
        return next((meaning.weight for meaning in self.meanings if meaning.field == field), 0.0)


def find_labels(segments: Iterable[Segment]) -> tuple[Label, ...]:
    """All labels, the longest phrase first at each place, never inside a word."""
    return tuple(label for segment in segments for label in _labels_in(segment))


def _labels_in(segment: Segment) -> list[Label]:
    known, longest = label_table(), _longest()
    text = segment.text
    letters = [(at, sign) for at, char in enumerate(text) for sign in squeezed_char(char)]
    string = "".join(sign for _, sign in letters)
    found: list[Label] = []
    at = 0
    while at < len(string):
        length = _match(text, letters, string, at, min(longest, len(string) - at)) if _begins(text, letters, at) else 0
        if length:
            start, end = letters[at][0], letters[at + length - 1][0] + 1
            alone = not any(sign.isalpha() for sign in _letters(text[:start]) + _letters(text[end:]))
            found.append(Label(segment.span(start, end), known[string[at : at + length]], alone))
        at += length or 1
    return _qualified(found or _misread(segment, string, letters), text)


def _misread(segment: Segment, string: str, letters: list[tuple[int, str]]) -> list[Label]:
    """A segment seen by OCR that is a long label but for one letter ("Factuurummer")."""
    bare = string.rstrip("0123456789")
    if segment.confidence >= 1.0 or not _LEAST_MISREAD <= len(bare) <= _longest():
        return []
    for phrase, meanings in label_table().items():
        if abs(len(phrase) - len(bare)) <= 1 and phrase[0] == bare[0] and _one_letter_off(phrase, bare):
            return [Label(segment.span(letters[0][0], letters[len(bare) - 1][0] + 1), meanings, True)]
    return []


def _one_letter_off(one: str, other: str) -> bool:
    """Whether one letter was lost, added or exchanged."""
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, other_rest = one[start:], other[start:]
    return rest[1:] == other_rest or rest == other_rest[1:] or rest[1:] == other_rest[1:]


def _qualified(found: list[Label], text: str) -> list[Label]:
    """Labels of amounts with what qualifies them taken in: in "Sum (incl. VAT)" VAT is no label of its own, and "Sum
    excl. VAT" speaks of the net amount."""
    kept: list[Label] = []
    for label in found:
        if label.weight("tax") and set(folded(text[: label.span.start]).split()[-1:]) & phrases("labels", "denying"):
            continue
        before = kept[-1] if kept else None
        if before is not None and _amount_label(before) and _amount_label(label):
            words = set(folded(text[before.span.end : label.span.end]).split())
            if _AMOUNT.search(text[before.span.end : label.span.start]):
                words.clear()
            if before.weight("total") and words & phrases("labels", "excluding"):
                kept[-1] = replace(before, meanings=(LabelMeaning("net", 0.9, False),))
                continue
            if words & (phrases("labels", "including") | phrases("labels", "excluding")):
                continue
        kept.append(label)
    return kept


def _amount_label(label: Label) -> bool:
    return any(meaning.field in ("total", "net", "tax") for meaning in label.meanings)


def _letters(text: str) -> str:
    """*text* without what may stand beside a label: brackets, a currency, "at 20 %"."""
    return re.sub(r"\([^)]*\)|\b[A-Z]{3}\b|[€$£]|\b(?:at|à|zu|al|van|of|on|sur|auf|von|a)\b", "", text)


@cache
def _longest() -> int:
    return max(map(len, label_table()))


def _match(text: str, letters: list[tuple[int, str]], string: str, at: int, most: int) -> int:
    known = label_table()
    for length in range(most, 0, -1):
        if string[at : at + length] in known and _ends(text, letters, at + length - 1):
            printed = text[letters[at][0] : letters[at + length - 1][0] + 1]
            if length > 3 or not any(map(str.isdigit, printed)):
                return length
    return 0


def _begins(text: str, letters: list[tuple[int, str]], at: int) -> bool:
    """At a word's start, or where a compound's own noun starts ("Handels|rechnung Nr.")."""
    place = letters[at][0]
    if place == 0 or not text[place - 1].isalpha() or (at > 0 and text[place - 1] in "°#№"):
        return True
    return (
        text[place].islower()
        and " " not in text[:place]
        and any(text.startswith(noun, place) for noun in phrases("labels", "compounds"))
    )


def _ends(text: str, letters: list[tuple[int, str]], at: int) -> bool:
    if at + 1 < len(letters) and letters[at + 1][0] == letters[at][0]:
        return False
    place = letters[at][0]
    if place + 1 >= len(text):
        return True
    after = text[place + 1]
    return not after.isalnum() or (after.isdigit() and not text[place].isdigit())


def same_row(one: Segment, other: Segment) -> bool:
    """Whether two segments stand on one line of print."""
    if one.page != other.page:
        return False
    return one.box.shared_height(other.box) >= 0.45 * min(one.height, other.height)


def tie(label: Label, value: Span) -> float:
    """How likely *value* is what *label* announces, judged by place alone: 0 … 1."""
    at, segment = label.span, value.segment
    if at.page != value.page or (at.segment.index == segment.index and value.start < at.end):
        return 0.0
    if at.segment.index == segment.index:
        return _tie_inside(label, value)
    if same_row(at.segment, segment):
        return _tie_beside(label, value)
    return _tie_below(label, value)


def _tie_inside(label: Label, value: Span) -> float:
    between = value.segment.text[label.span.end : value.start]
    letters = sum(char.isalnum() for char in between)
    if letters > 40:
        return 0.0
    return max(0.25, 1.0 - 0.04 * letters)


def _tie_beside(label: Label, value: Span) -> float:
    """Values stand to the right; words between label and the segment's end make it a sentence rather than a label."""
    if value.box.left < label.span.box.right:
        return 0.0
    rest = label.span.segment.text[label.span.end :]
    words = sum(char.isalpha() for char in _letters(rest))
    if words > 30 or (_short(label) and not label.alone):
        return 0.0
    distance = value.box.left - label.span.box.right
    return max(0.3, 0.97 - 0.12 * distance - 0.02 * words)


def _tie_below(label: Label, value: Span) -> float:
    """Values stand under a head: near, and with an edge or the middle in common."""
    head, box = label.span.box, value.box
    height = max(1e-6, min(head.bottom - head.top, box.bottom - box.top))
    lines = (box.top - head.bottom) / height
    if not -0.6 <= lines <= 5.5 or (_short(label) and not label.alone):
        return 0.0
    rest = label.span.segment.text[label.span.end :]
    if rest.lstrip().startswith(":") and any(char.isalnum() for char in rest):
        return 0.0
    if head.shared_width(box) <= 0 and abs(head.left - box.left) > 0.015:
        return 0.0
    off = min(
        abs(head.left - box.left), abs(head.right - box.right), abs(head.left + head.right - box.left - box.right) / 2
    )
    return max(0.0, 0.86 - 0.1 * max(0.0, lines) - min(0.4, 3 * off))


def _short(label: Label) -> bool:
    return sum(char.isalnum() for char in label.span.text) <= 3
