"""What a bank statement says as a whole: whose account, the movements, and whether they add up to its balances."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from advisorjobs.services.documents.evidence import Evidence
from advisorjobs.services.documents.items import Item
from advisorjobs.services.documents.rows import Row
from advisorjobs.services.documents.totals import support_of
from advisorjobs.services.documents.transactions import find_movements

__all__ = ["Statement", "account_number", "find_statement", "same_number"]

_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Z0-9])")
_NUMBER = re.compile(
    r"\b(?:account|acct|a/c|kontonummer|konto|kto|rekeningnummer|rekening|compte|cuenta|conto)\b"
    r"(?:[^\w]|number|no|nr|n|num|nummer|numero){0,14}?([xX*•.]{0,20}\d[\d \-/]{2,24}\d)(?!\.\d)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"\b(?:iban|account|acct|konto|kontonummer|rekening|rekeningnummer|compte|cuenta|conto)\b", re.IGNORECASE
)
_DATE = re.compile(r"^\d{1,2}[./\-]\d{1,2}[./\-]\d{2,4}$")
_MASK = "X"
_LEAST_SHOWN = 4
_LEAST_INSIDE = 6
"""So many digits of a bank's own number must stand at the end of an IBAN for both to be one account's."""


@dataclass(frozen=True, slots=True)
class Statement:
    """`number` is the account's, an IBAN where one is printed, without spaces; hidden digits are X. `opening` and `closing`
    are the balances before the first and after the last line; None where the statement doesn't say."""

    number: str | None
    opening: Decimal | None
    closing: Decimal | None
    lines: tuple[Item, ...]

    @property
    def missing(self) -> Decimal | None:
        """What the lines lack of opening + sum = closing: 0 where they agree, None where a balance isn't said."""
        if self.opening is None or self.closing is None:
            return None
        moved = sum((Decimal(line.amount) for line in self.lines if line.amount), Decimal(0))
        return self.closing - self.opening - moved


def find_statement(evidence: Evidence, *, issued: date | None) -> Statement:
    """The statement that *evidence* shows; *issued* is its date."""
    found = find_movements(evidence, issued=issued)
    opening, closing = found.balances.opening, found.balances.closing
    if opening is None or closing is None:
        said = support_of(evidence)
        opening = _likeliest(said["opening_balance"]) if opening is None else opening
        closing = _likeliest(said["closing_balance"]) if closing is None else closing
    return Statement(account_number(found.others), opening, closing, found.items)


def account_number(rows: Iterable[Row]) -> str | None:
    """The number of the account, from rows that are no movements: those name other people's accounts."""
    texts = [" ".join(segment.text for segment in row.segments) for row in rows]
    ibans = [(text, match.group()) for text in texts for match in _IBAN.finditer(text)]
    named = next((iban for text, iban in ibans if _NAMED.search(text)), None)
    iban = named or next((iban for _, iban in ibans if _checks(_bare(iban))), None)
    return _bare(iban) if iban else next(_numbers(texts), None)


def same_number(one: str, other: str) -> bool:
    """Whether two printed numbers are one account's: equal, one with hidden digits, or a bank's own inside its IBAN."""
    one, other = _bare(one), _bare(other)
    if _MASK in one[:-_LEAST_SHOWN] or _MASK in other[:-_LEAST_SHOWN]:
        shown = min((number.rpartition(_MASK)[2] for number in (one, other)), key=len)
        return len(shown) >= _LEAST_SHOWN and one.endswith(shown) and other.endswith(shown)
    short, long = sorted((one.lstrip("0"), other.lstrip("0")), key=len)
    inside = long[:2].isalpha() and short.isdigit() and len(short) >= _LEAST_INSIDE and long.endswith(short)
    return short == long or inside


def _numbers(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for match in _NUMBER.finditer(text):
            number = match.group(1).strip()
            if not _DATE.match(number) and sum(map(str.isdigit, number)) >= _LEAST_SHOWN:
                yield _bare(number)


def _bare(number: str) -> str:
    """Without spaces and the like, in capitals, every sign for a hidden digit an X."""
    return re.sub(r"[^A-Z0-9]", "", re.sub(r"[*•.]", _MASK, number.upper()))


def _checks(iban: str) -> bool:
    """Whether the check digits are right (ISO 7064, mod 97-10)."""
    return int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97 == 1


def _likeliest(said: Mapping[Decimal, float]) -> Decimal | None:
    return max(said, key=lambda value: said[value]) if said else None
