"""The movements of a bank statement: day, text, amount with its sign, balance after it.

How a sign is printed differs: by the column (Soll/Haben, paid out/paid in), a minus before or after the amount, a letter
behind it (S/H, DR/CR), the heading of a section (Withdrawals), or not at all where a running balance shows it. The balance
decides wherever it is printed: it can't be misread and still fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from advisorjobs.services.documents.amounts import Amount, decimal_comma
from advisorjobs.services.documents.dates import day_and_month, short_days_first, without_day
from advisorjobs.services.documents.evidence import Evidence
from advisorjobs.services.documents.items import Item
from advisorjobs.services.documents.labels import Label
from advisorjobs.services.documents.rows import Row
from advisorjobs.services.documents.spelling import folded

__all__ = ["Balances", "Movements", "find_movements"]

_COLUMNS = ("column_out", "column_in", "column_balance", "column_amount")
_LATER = timedelta(days=31)
"""A statement lists hardly anything that is booked later than this after its own date."""
_MARK = re.compile(r"^\s?(S|H|Soll|Haben|D|C|DR|CR|Dr|Cr|OD)\.?(?=\s|$|\))")
_OUT_MARKS = frozenset({"s", "soll", "d", "dr", "od"})
_BALANCES = frozenset({"opening_balance", "closing_balance"})
_SMALL = 3
_BESIDE = frozenset({"seite", "page", "blatt", "pagina", "datum", "date", "euro", "haben", "soll"})
_LONGEST_TEXT = 300
_DAY = re.compile(r"^\d{1,2}\.\d{2}$")


@dataclass(frozen=True, slots=True)
class Balances:
    """What the statement says was there before its first movement and after its last."""

    opening: Decimal | None = None
    closing: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Movements:
    """The movements in the order of the statement, its balances, and the rows that were none of either."""

    items: tuple[Item, ...]
    balances: Balances
    others: tuple[Row, ...]


def find_movements(evidence: Evidence, *, issued: date | None) -> Movements:
    """Rows that begin with a day and hold an amount, under the nearest table head above them.

    A day without a year ("12.04.") is the last such day before the statement was *issued*.
    """
    return _Finder(evidence, issued).found()


class _Finder:
    """Goes down the rows once and remembers what the rows above have said."""

    def __init__(self, evidence: Evidence, issued: date | None) -> None:
        self.evidence = evidence
        self.issued = issued or max((found.value for found in evidence.dates), default=None)
        self.day_first = short_days_first(
            [row.segments[0].text for row in evidence.rows if row.amounts], evidence.segments, evidence.country
        )
        self.comma = decimal_comma(evidence.segments)
        self.starts = {found.span.segment.index: found for found in evidence.dates if found.span.start < 4}
        self.heads: dict[str, float] = {}
        self.section = 0
        self.balance: Decimal | None = None
        self.items: list[Item] = []
        self.balances = Balances()
        self.early: Decimal | None = None
        self.others: list[Row] = []
        self.last: Row | None = None

    def found(self) -> Movements:
        for row in self.evidence.rows:
            self._take(row)
        return Movements(tuple(self.items), self._completed(), tuple(self.others))

    def _take(self, row: Row) -> None:
        if row.table_head or _is_head(row):
            self.heads, self.last = _columns(row), None
            return
        amounts = [amount for amount in row.amounts if amount.cents and not self._is_day(amount)]
        day = self._day(row)
        if amounts and not (day and len(amounts) > 1) and (label := _balance_label(row)) is not None:
            self._note_balance(label, row, amounts)
            self.others.append(row)
        elif day is None or not amounts:
            self._take_text(row, amounts)
        else:
            self._take_movement(row, day, amounts)

    def _take_movement(self, row: Row, day: date, amounts: list[Amount]) -> None:
        moved, after = self._sorted_out(row, amounts)
        self.last = row
        if moved is None:
            self.balance = self.balance if after is None else after
            return
        if after is not None and self.balance is not None and abs(after - self.balance) == abs(moved):
            moved = after - self.balance
        if after is not None:
            self.balance = after
        elif self.balance is not None:
            self.balance += moved
        self.items.append(Item(_text(row, amounts), None, None, _plain(moved), day.isoformat(), _plain(after)))

    def _take_text(self, row: Row, amounts: list[Amount]) -> None:
        """A heading that says which way the money below it went, more text of the movement above, or something else."""
        if self.last is not None and self.items and not amounts and _continues(self.last, row):
            item, text = self.items[-1], " ".join(segment.text for segment in row.segments)
            self.items[-1] = replace(item, description=f"{item.description} {text}"[:_LONGEST_TEXT].strip())
            self.last = replace(row, segments=self.last.segments[:1] + row.segments)
        elif not row.amounts and (way := _way(row)):
            self.section, self.last = way, None
        else:
            self.last = None
            self.others.append(row)

    def _note_balance(self, label: Label, row: Row, amounts: list[Amount]) -> None:
        """The first opening balance is the statement's, the last closing one too; those between are pages' own."""
        moved, after = self._sorted_out(row, amounts)
        value = after if after is not None else moved
        self.last = None
        if not label.weight("opening_balance"):
            self.balances = replace(self.balances, closing=value)
            if not self.items and self.early is None:
                self.early = value
        elif self.balances.opening is None and not self.items:
            self.balances = replace(self.balances, opening=value)
            self.balance = value

    def _completed(self) -> Balances:
        """The balances as labelled; what isn't, as the running balance shows it. Of two with the same label ("balance on
        …") the one above the movements is the opening one."""
        listed = [item for item in self.items if item.balance is not None]
        opening, closing = self.balances.opening, self.balances.closing
        if opening is None and closing != self.early:
            opening = self.early
        if opening is None and self.items and self.items[0].balance and self.items[0].amount:
            opening = Decimal(self.items[0].balance) - Decimal(self.items[0].amount)
        if closing is None and listed and listed[-1] is self.items[-1]:
            closing = Decimal(str(listed[-1].balance))
        return Balances(opening, closing)

    def _sorted_out(self, row: Row, amounts: Sequence[Amount]) -> tuple[Decimal | None, Decimal | None]:
        """Amount moved and balance after it. Amounts further left are part of the text ("USD 12.00 at 1.0873"); without
        columns the last of two is the balance."""
        moved: Decimal | None = None
        after: Decimal | None = None
        columns = [self._column(amount) for amount in amounts]
        balanced = columns[-1] == "column_balance" if self.heads else len(amounts) > 1
        for amount, column in list(zip(amounts, columns, strict=True))[-2 if balanced else -1 :]:
            if balanced and amount is amounts[-1]:
                after = _marked(row, amount, amount.value)
            else:
                moved = self._signed(row, amount, column)
        return moved, after

    def _column(self, amount: Amount) -> str:
        right = amount.span.box.right
        return min(self.heads, key=lambda head: abs(self.heads[head] - right)) if self.heads else ""

    def _signed(self, row: Row, amount: Amount, column: str) -> Decimal:
        if column == "column_out":
            return -abs(amount.value)
        marked = _marked(row, amount, amount.value)
        if marked != amount.value or amount.value < 0 or column == "column_in" or "+" in amount.span.text:
            return marked
        return -marked if self.section < 0 and _mark(row, amount) is None else marked

    def _is_day(self, amount: Amount) -> bool:
        """Whether what looks like an amount is a day without a year: "28.12.", or 28.12 among amounts like 28,12."""
        if not _DAY.match(amount.span.text.strip()):
            return False
        return self.comma or amount.span.segment.text[amount.span.end :].startswith(".")

    def _day(self, row: Row) -> date | None:
        first = row.segments[0]
        found = self.starts.get(first.index)
        if found:
            return found.value
        if self.issued is None:
            return None
        day = day_and_month(first.text, self.issued.year, day_first=self.day_first)
        if day is not None and day > self.issued + _LATER:
            return day_and_month(first.text, self.issued.year - 1, day_first=self.day_first)
        return day


def _is_head(row: Row) -> bool:
    return len({field for field in row.fields if field.startswith("column_")}) >= 2 and not row.amounts


def _columns(row: Row) -> dict[str, float]:
    """Column field → x of its right edge."""
    columns: dict[str, float] = {}
    for label in row.labels:
        for meaning in label.meanings:
            if meaning.field in _COLUMNS:
                columns.setdefault(meaning.field, label.span.box.right)
                break
    return columns


def _way(row: Row) -> int:
    """+1 or -1 for a short row that begins with what heads money paid in or out, else 0."""
    if sum(len(segment.words) for segment in row.segments) > 6:
        return 0
    fields = {
        meaning.field for label in row.labels if label.span.start == 0 for meaning in label.meanings
    } & {"column_in", "column_out"}  # fmt: skip
    return 0 if len(fields) != 1 else -1 if "column_out" in fields else 1


def _balance_label(row: Row) -> Label | None:
    """What names the row as a balance rather than a movement: nothing else is said from there on but days and small words."""
    for label in row.labels:
        if not any(meaning.field in _BALANCES for meaning in label.meanings):
            continue
        left = label.span.segment.box.left
        said = " ".join(segment.text for segment in row.segments if segment.box.left >= left)
        said = said.replace(label.span.text, " ", 1)
        if all(len(word) <= _SMALL or folded(word) in _BESIDE for word in re.findall(r"[^\W\d_]+", said)):
            return label
    return None


def _continues(above: Row, row: Row) -> bool:
    """Whether *row* goes on with the text of the movement above: close under it, and not out in its margin."""
    height = row.bottom - row.top
    text_left = above.segments[1].box.left if len(above.segments) > 1 else above.segments[0].box.left + 0.02
    return (
        row.page == above.page
        and row.top - max(segment.box.bottom for segment in above.segments[1:] or above.segments) < 0.9 * height
        and row.segments[0].box.left > text_left - 0.02
    )


def _mark(row: Row, amount: Amount) -> str | None:
    """The letter behind an amount that tells which way it went."""
    segment = amount.span.segment
    rest = segment.text[amount.span.end :]
    if not rest.strip():
        place = row.segments.index(segment)
        rest = row.segments[place + 1].text if place + 1 < len(row.segments) else ""
        rest = rest if len(rest) <= 6 else ""
    match = _MARK.match(rest)
    return match.group(1).casefold() if match else None


def _marked(row: Row, amount: Amount, value: Decimal) -> Decimal:
    return -abs(value) if _mark(row, amount) in _OUT_MARKS else value


def _text(row: Row, amounts: Sequence[Amount]) -> str:
    """What stands between the day and the amounts."""
    left = min(amount.span.box.left for amount in amounts)
    texts = list(_texts(row, amounts, left))
    return " ".join(" ".join(texts).split())[:_LONGEST_TEXT]


def _texts(row: Row, amounts: Sequence[Amount], left: float) -> Iterator[str]:
    for segment in row.segments:
        if segment.box.left >= left:
            return
        inside = [amount.span.start for amount in amounts if amount.span.segment is segment]
        text = without_day(segment.text[: min(inside, default=None)]).strip(" .:-")
        if any(char.isalpha() for char in text):
            yield text


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
