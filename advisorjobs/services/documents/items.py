"""The lines of invoices and receipts: what was sold, how many, at which price."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from advisorjobs.services.documents.amounts import Amount, parse_amount
from advisorjobs.services.documents.evidence import Evidence
from advisorjobs.services.documents.layout import Segment
from advisorjobs.services.documents.rows import Row

__all__ = ["Item", "find_items"]

_QUANTITY = re.compile(r"^(\d{1,4}(?:[.,]\d{1,3})?)\s?(?:x|×|pcs|st|stk|std|h|hrs?|uds?|pz|%)?\b\.?", re.IGNORECASE)
_POSITION = re.compile(r"^\d{1,3}[.)]?\s+(?=\D)")
_NOT_ITEMS = frozenset({"total", "net", "tax", "paid", "number", "other_number"})


@dataclass(frozen=True, slots=True)
class Item:
    """One line. Numbers are decimal strings; `date` and `balance` are for the movements of bank statements, where
    `amount` is negative for money that went out."""

    description: str
    quantity: str | None = None
    unit_price: str | None = None
    amount: str | None = None
    date: str | None = None
    balance: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            name: getattr(self, name) for name in ("description", "quantity", "unit_price", "amount", "date", "balance")
        }


def find_items(evidence: Evidence) -> tuple[Item, ...]:
    """The rows under a table's head, or on a slip the rows above the totals, that hold a text and an amount."""
    items: list[Item] = []
    heads = [number for number, row in enumerate(evidence.rows) if row.table_head]
    starts = heads or [_first_priced(evidence)]
    for place, start in enumerate(starts):
        if start < 0:
            continue
        stop = starts[place + 1] if place + 1 < len(starts) else len(evidence.rows)
        head = evidence.rows[start] if heads else None
        items += _items_between(evidence.rows[start + bool(heads) : stop], head)
    return tuple(items)


def _first_priced(evidence: Evidence) -> int:
    return next((n for n, row in enumerate(evidence.rows) if _item(row, None) is not None), -1)


def _items_between(rows: Sequence[Row], head: Row | None) -> list[Item]:
    items: list[Item] = []
    for row in rows:
        if items and _ends_table(row):
            break
        item = _item(row, head)
        if item is not None:
            items.append(item)
    return items


def _ends_table(row: Row) -> bool:
    """The first row that a total, a net or a tax amount heads, ends the table."""
    money = any(amount.money for amount in row.amounts)
    return money and any(
        label.weight("total") >= 0.75 or label.weight("net") or label.weight("tax")
        for label in row.labels
        if _heads(row, label.span.start)
    )


def _heads(row: Row, start: int) -> bool:
    return start <= 5


def _item(row: Row, head: Row | None) -> Item | None:
    money = [amount for amount in row.amounts if amount.money]
    if not money or _ends_table(row):
        return None
    amount = max(money, key=lambda found: found.span.box.right)
    text, money = _description(row, money, amount)
    if text is None or (head is None and _is_sum(row)):
        return None
    quantity, text = _quantity(row, head, text, amount)
    price = next((found for found in money if found is not amount), None)
    unit = price.value if price else None
    if unit is None and quantity and quantity != 0:
        unit = (amount.value / quantity).quantize(Decimal("0.01"))
    return Item(text, _plain(quantity), _plain(unit), _plain(amount.value))


def _is_sum(row: Row) -> bool:
    return any({meaning.field for meaning in label.meanings} & _NOT_ITEMS for label in row.labels)


def _description(row: Row, money: list[Amount], last: Amount) -> tuple[str | None, list[Amount]]:
    """The longest piece of text left of the last amount, and the amounts that come after it."""
    before = last.span.box.left
    texts = [segment for segment in row.segments if segment.box.left < before and _letters(segment.text) >= 2]
    if not texts:
        return None, money
    longest = max(texts, key=lambda segment: _letters(segment.text))
    inside = [
        amount
        for amount in money
        if amount.span.segment is longest and _letters(longest.text[: amount.span.start]) >= 2
    ]
    text = longest.text[: min((amount.span.start for amount in inside), default=None)]
    after = [amount for amount in money if amount in inside or amount.span.box.left > longest.box.left]
    cleaned = _POSITION.sub("", text).strip(" .:-")
    return (cleaned if _letters(cleaned) >= 2 else None), after


def _letters(text: str) -> int:
    return sum(char.isalpha() for char in text)


def _quantity(row: Row, head: Row | None, text: str, amount: Amount) -> tuple[Decimal | None, str]:
    """The number under the head's quantity column, or one before or after the text ("2 x Tea", "Tea x2")."""
    label = next((label for label in head.labels if label.weight("column_quantity")), None) if head else None
    if label is not None:
        box = label.span.box
        for segment in row.segments:
            match = _QUANTITY.match(segment.text)
            near = _near(segment, box.left, box.right)
            if match and near:
                return parse_amount(match.group(1), comma="," in match.group(1)), _without(text, match.group())
    for pattern in (r"^(\d{1,3})\s?[xX×]\s?(?=\w)", r"\s[xX×]\s?(\d{1,3})$", r"\b(\d{1,3})\s?[xX×]$"):
        found = re.search(pattern, text)
        if found:
            return Decimal(found.group(1)), (text[: found.start()] + text[found.end() :]).strip(" .:-")
    return None, text


def _near(segment: Segment, left: float, right: float) -> bool:
    first = segment.words[0].box
    return min(right, first.right) - max(left, first.left) > -0.01


def _without(text: str, start: str) -> str:
    return text[len(start) :].strip() if text.startswith(start) else text


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
