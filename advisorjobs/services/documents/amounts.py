"""Finding amounts of money as they are printed in many countries, and reading them as decimals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from advisorjobs.services.documents.layout import Segment, Span
from advisorjobs.services.documents.vocabulary import table

__all__ = ["Amount", "decimal_comma", "find_amounts", "parse_amount"]

_SPACE = "[\\s\u00a0\u2009\u202f]"
_GROUPED = rf"\d{{1,3}}(?:{_SPACE}\d{{3}})+(?:[.,]\d{{2}})|\d{{1,3}}(?:['’]\d{{3}})+(?:[.,]\d{{2}})?"
_PLAIN = r"\d{1,3}(?:[.,]\d{2,3})*[.,]\s?\d{1,3}|\d+[.,]\s?\d{1,4}|\d+"
_NOISY = r"(?=[\dOo]*\d)[\dOolI]{1,6}[.,][\dOolIS]{2}"
_BODY = rf"(?:{_GROUPED}|{_PLAIN}|{_NOISY})"
_DASHES = r"(?:[.,](?:-{1,2}|–|—))?"


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount and where it stands. `currency` is the ISO code or sign printed with it; `cents` says that it has two
    decimals, without which (and without a currency) it may be anything."""

    span: Span
    value: Decimal
    currency: str | None
    cents: bool

    @property
    def money(self) -> bool:
        return self.cents or self.currency is not None


@cache
def _currency_words() -> str:
    words = [
        *table("money")["codes"],
        *table("money")["symbols"],
        "$",
        "Fr.",
        "kr",
        "Kr",
        "kr.",
        "Euro",
        "EURO",
        "euro",
    ]
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


@cache
def _pattern() -> re.Pattern[str]:
    words = _currency_words()
    return re.compile(
        rf"(?<![\w.,/'’])(?P<open>\()?(?P<minus>[-–−+]\s?)?(?P<before>{words})?\s?(?P<minus2>[-–−]\s?)?(?P<body>{_BODY})"
        rf"(?P<dashes>{_DASHES})(?P<minus3>\s?[-–−](?!\s?\w))?(?:\s?(?P<after>{words})(?![^\W\d_]))?(?P<close>\))?"
        rf"(?!\s?%)(?![\w/:°]|[.,']\d|-\w)(?!\s?(?:Uhr|uhr|uur|h|hrs|kg|km|cm|mm)\b)(?!\s?[-–]\s?\d{{1,2}}[.:]\d\d\b)"
    )


def find_amounts(segments: Iterable[Segment], *, comma: bool, taken: Sequence[Span] = ()) -> tuple[Amount, ...]:
    """Every number that could be an amount, except where a date or the like (*taken*) stands."""
    blocked: dict[int, list[Span]] = {}
    for span in taken:
        blocked.setdefault(span.segment.index, []).append(span)
    return tuple(
        amount
        for segment in segments
        for amount in _amounts_in(segment, comma)
        if not any(amount.span.overlaps(span) for span in blocked.get(segment.index, ()))
    )


def _amounts_in(segment: Segment, comma: bool) -> Iterable[Amount]:
    for match in _pattern().finditer(segment.text):
        currency = match["before"] or match["after"]
        body = match["body"]
        value = parse_amount(body, comma=comma)
        if value is None or (len(re.sub(r"\D", "", body)) > 11):
            continue
        negative = match["minus"] or match["minus2"] or match["minus3"] or (match["open"] and match["close"])
        sign = -1 if negative and "+" not in (match["minus"] or "") else 1
        cents = bool(re.search(r"[.,]\s?[\dOolIS]{2}$", body)) or bool(match["dashes"])
        yield Amount(segment.span(*match.span()), sign * value, currency, cents)


def parse_amount(text: str, *, comma: bool) -> Decimal | None:
    """*text* as a decimal. A single separator before three digits groups thousands unless *comma* says that it is the
    decimal sign here and it stands before fewer or more digits; None for what is no number."""
    clean = re.sub(_SPACE + "|['’]", "", text.translate(str.maketrans("OolIS", "00115")))
    marks = [char for char in clean if char in ".,"]
    if not marks:
        return Decimal(clean) if clean.isdigit() else None
    whole, mark, rest = clean.rpartition(marks[-1])
    grouping = (
        len(rest) == 3 and (marks.count(mark) > 1 or len(set(marks)) == 1) and not (len(marks) == 1 and whole == "0")
    )
    if len(marks) == 1 and len(rest) == 3 and (mark == ",") == comma and len(whole) > 3:
        grouping = False
    digits = re.sub(r"[.,]", "", clean if grouping else whole)
    if not digits.isdigit() or not rest.isdigit():
        return None
    return Decimal(digits) if grouping else Decimal(f"{digits}.{rest}")


def decimal_comma(segments: Iterable[Segment]) -> bool:
    """Whether the document writes 1.234,56 rather than 1,234.56: by majority of what ends in two digits."""
    votes = Counter(mark for segment in segments for mark in re.findall(r"\d([.,])\d{2}(?![\d.,/%\-])", segment.text))
    return votes[","] > votes["."]
