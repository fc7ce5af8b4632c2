"""Choosing a document's number and date: the value that labels speak for most and against least."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from advisorjobs.services.documents.evidence import Evidence, likelier
from advisorjobs.services.documents.identifiers import find_identifiers
from advisorjobs.services.documents.labels import Label, same_row, tie
from advisorjobs.services.documents.layout import Span
from advisorjobs.services.documents.spelling import folded
from advisorjobs.services.documents.vocabulary import phrases, titles

__all__ = ["Choice", "choose_date", "choose_number"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A value and how sure we are of it."""

    value: str
    confidence: float


def choose_number(evidence: Evidence, *, kind: str) -> Choice | None:
    """The invoice's, receipt's or statement's own number; what numbers that very kind of paper comes first."""
    taken = [found.span for found in evidence.dates] + [a.span for a in evidence.amounts if a.money]
    candidates = find_identifiers(evidence.segments, taken=taken)
    spans = [candidate.span for candidate in candidates]
    labels = [label for label in evidence.labels if label.weight("number") or label.weight("other_number")]
    said = _said(labels, spans, ("number", "other_number"), usable=_number_usable)
    scores: dict[str, list[float]] = defaultdict(list)
    for place, candidate in enumerate(candidates):
        pros, cons = said[place]
        if pros:
            own = 1.0 if kind != "receipt" or _of_receipt(candidate.span, labels) else 0.8
            scores[candidate.value].append(likelier(pros) * candidate.shape * (1 - 0.7 * likelier(cons)) * own)
    return _best({value: likelier(found) for value, found in scores.items()}, least=0.2)


def _of_receipt(span: Span, labels: Sequence[Label]) -> bool:
    """Whether a label beside *span* begins with what receipts are headed with ("Receipt no")."""
    names = tuple(titles("receipt"))
    return any(
        label.weight("number") and folded(label.span.text).startswith(names) and tie(label, span) > 0.3
        for label in labels
    )


def choose_date(evidence: Evidence, *, kind: str) -> Choice | None:
    """The day the document was issued, ISO."""
    spans = [found.span for found in evidence.dates]
    labels = [label for label in evidence.labels if label.weight("date") or label.weight("other_date")]
    said = _said(labels, spans, ("date", "other_date"), usable=lambda label, span: not _bare(label))
    periods = _periods(evidence)
    scores: dict[str, list[float]] = defaultdict(list)
    priors = _date_priors(evidence, kind)
    for place, found in enumerate(evidence.dates):
        pros, cons = said[place]
        if place in periods:
            ends = kind == "bank_statement" and not periods[place]
            pros, cons = ([0.6], []) if ends else ([], [*cons, 0.8])
        reasons = [*pros, priors[place], 0.85 if _follows_number(found.span, evidence) else 0.0]
        scores[found.value.isoformat()].append(likelier(reasons) * (1 - 0.7 * likelier(cons)))
    open_days = {found.value.isoformat() for found in evidence.dates if found.open}
    best = _best({value: _mild(found) for value, found in scores.items()}, least=0.0)
    if best and best.value in open_days and evidence.country is None:
        return Choice(best.value, round(best.confidence * 0.8, 2))
    return best


_OF = re.compile(
    r"^[\s:.#°]*\w*\d[\w\-/.]*\s*,?\s*(?:vom|von|van|d\.?d\.?|du|del?|dated|of|from|den|am|le|en date du|de fecha)\s*$",
    re.IGNORECASE,
)


def _follows_number(span: Span, evidence: Evidence) -> bool:
    """Whether a date stands in a title, after the document's number: "Invoice No. 17 of 3 May 2024"."""
    return any(
        label.span.segment.index == span.segment.index
        and label.weight("number") >= 0.5
        and label.span.end <= span.start
        and _OF.match(span.segment.text[label.span.end : span.start])
        for label in evidence.labels
    )


def _bare(label: Label) -> bool:
    """Whether a mere preposition inside a line is taken for a label."""
    return label.span.start > 0 and folded(label.span.text) in phrases("labels", "bare_dates")


def _periods(evidence: Evidence) -> dict[int, bool]:
    """The dates that begin (True) or end (False) a period, by their place in the evidence."""
    found: dict[int, bool] = {}
    for place, (one, other) in enumerate(pairwise(evidence.dates)):
        if one.span.segment.index == other.span.segment.index:
            between = one.span.segment.text[one.span.end : other.span.start]
            if between.strip() in ("-", "–", "—") or folded(between) in phrases("labels", "until"):
                found[place], found[place + 1] = True, False
    return found


_PLACE = re.compile(r"^[^\W\d_][^\d,;:]{1,28},\s*(?:den|the|le|el|li|de|il|on)?\s*$", re.IGNORECASE)


def _after_place(span: Span) -> bool:
    """Whether a date is written as letters are dated: "Utrecht, 5 March 2024"."""
    text = span.segment.text
    return bool(_PLACE.match(text[: span.start])) and not any(char.isalnum() for char in text[span.end :])


def _mild(scores: list[float]) -> float:
    """The best place counts; others that say the same add a little."""
    first, *rest = sorted(scores, reverse=True)
    return likelier([first, *(0.4 * score for score in rest[:3])])


def _said(
    labels: Sequence[Label], spans: Sequence[Span], fields: tuple[str, str], *, usable: Callable[[Label, Span], bool]
) -> list[tuple[list[float], list[float]]]:
    """For every span the reasons for and against it. A label speaks for the value nearest to it only."""
    said: list[tuple[list[float], list[float]]] = [([], []) for _ in spans]
    by_page: dict[int, list[int]] = defaultdict(list)
    for at, span in enumerate(spans):
        by_page[span.page].append(at)
    for label in labels:
        tied = [(strength, at) for at in by_page[label.span.page] if (strength := tie(label, spans[at])) > 0.3]
        right = label.span.box.right
        ties = [
            (strength, -abs(spans[at].box.left - right), at)
            for strength, at in tied
            if not _cut_off(label, spans[at], labels)
        ]
        if not ties:
            continue
        strength, _, at = max(ties)
        pro, con = (label.weight(field) for field in fields)
        if pro and usable(label, spans[at]):
            said[at][0].append(pro * strength)
        if con:
            said[at][1].append(con * strength)
    return said


def _cut_off(label: Label, span: Span, labels: Sequence[Label]) -> bool:
    """Whether another label stands between *label* and a value beside it."""
    if not same_row(label.span.segment, span.segment):
        return False
    left, right = label.span.box.right, span.box.left
    for other in labels:
        if other is label or not same_row(other.span.segment, span.segment):
            continue
        box = other.span.box
        if left - 0.002 <= box.left and box.right <= right + 0.002 and _weighty(other):
            return True
    return False


def _weighty(label: Label) -> bool:
    return sum(char.isalnum() for char in label.span.text) > 3 or label.alone


def _number_usable(label: Label, span: Span) -> bool:
    """Mere titles ("Invoice", "No") count only where the value is the next word, or all there is in its segment."""
    segment = span.segment
    share = len(span.text) / max(1, len(segment.text))
    inside = label.span.segment.index == segment.index
    between = segment.text[label.span.end : span.start] if inside else ""
    if any(meaning.title for meaning in label.meanings if meaning.field == "number"):
        if inside:
            return sum(char.isalpha() for char in between) <= 2
        return share > 0.75 and label.alone and len(span.text) >= 4
    return inside or share > 0.5 or same_row(label.span.segment, segment)


def _date_priors(evidence: Evidence, kind: str) -> list[float]:
    """What place alone says of each date: first of the first page, at its top; for statements the latest."""
    if not evidence.dates:
        return []
    first_page = evidence.dates[0].span.page
    latest: date = max(found.value for found in evidence.dates)
    single = len({found.value for found in evidence.dates}) == 1
    priors = []
    for number, found in enumerate(evidence.dates):
        prior = 0.3 - 0.02 * min(number, 10) if found.span.page == first_page else 0.1
        prior += 0.15 if found.span.page == first_page and found.span.box.top < 0.45 and kind == "letter" else 0.0
        prior += 0.2 if single else 0.0
        prior += 0.35 if found.span.page == first_page and _after_place(found.span) else 0.0
        if kind == "bank_statement":
            prior = 0.35 if found.value == latest else 0.1
        priors.append(prior)
    return priors


def _best(scores: dict[str, float], *, least: float) -> Choice | None:
    if not scores:
        return None
    value = max(scores, key=lambda key: scores[key])
    if scores[value] <= least:
        return None
    rest = max((score for key, score in scores.items() if key != value), default=0.0)
    sure = scores[value] * (0.85 if rest > 0.9 * scores[value] else 1.0)
    return Choice(value, round(min(0.99, sure), 2))
