"""Which movements of a statement are new: the same day on two statements is one day of one account.

A statement lists everything that was booked on its account in its days. So of two equal movements on one statement both
happened (two coffees), while an equal one that is booked already from somewhere else is the same movement seen again: of
each kind the account gets as many as the statement that shows the most of them. Equal are movements of one day and amount;
where both statements print the balance behind them it tells them apart for certain, otherwise their texts do. What came
from another system is worded by that system: there day and amount decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import SequenceMatcher

from advisorjobs.services.documents.items import Item
from advisorjobs.services.documents.spelling import squeezed

__all__ = ["Known", "Movement", "dated", "new_movements"]

_ALIKE = 0.85
"""Texts of one movement, read from two papers, differ by what OCR misread."""
_CENT = Decimal("0.01")
_MOST = Decimal("9999999999999.99")


@dataclass(frozen=True, slots=True)
class Movement:
    """A line of a statement that can be booked. `line` is its number on the statement, from 1; `amount` is negative for
    money that went out; `balance` is what the account had then, if printed."""

    line: int
    booked_on: date
    amount: Decimal
    text: str
    balance: Decimal | None


@dataclass(frozen=True, slots=True)
class Known:
    """A movement that is booked on the account. `worded`: its text is a statement's."""

    booked_on: date
    amount: Decimal
    text: str
    balance: Decimal | None
    worded: bool


def dated(lines: Sequence[Item]) -> tuple[Movement, ...]:
    """Those of a statement's *lines* that have a day and an amount."""
    found = ((number, line, _amount(line.amount)) for number, line in enumerate(lines, 1))
    return tuple(
        Movement(number, date.fromisoformat(line.date), amount, line.description, _amount(line.balance))
        for number, line, amount in found
        if line.date and amount is not None
    )


def new_movements(listed: Iterable[Movement], known: Iterable[Known]) -> tuple[Movement, ...]:
    """Those of *listed* that aren't booked yet. Each known movement answers for one listed one at most."""
    left = list(known)
    new = []
    for movement in listed:
        same = next((other for other in left if _same(movement, other)), None)
        if same is None:
            new.append(movement)
        else:
            left.remove(same)
    return tuple(new)


def _same(movement: Movement, other: Known) -> bool:
    if (movement.booked_on, movement.amount) != (other.booked_on, other.amount):
        return False
    if movement.balance is not None and other.balance is not None:
        return movement.balance == other.balance
    return not other.worded or _alike(squeezed(movement.text), squeezed(other.text))


def _alike(one: str, other: str) -> bool:
    return one == other or SequenceMatcher(None, one, other, autojunk=False).ratio() >= _ALIKE


def _amount(text: str | None) -> Decimal | None:
    """*text* in cents; None where it is no amount that a book can hold. A service's lines say what they like."""
    try:
        amount = Decimal(text or "").quantize(_CENT)
    except InvalidOperation:
        return None
    return amount if abs(amount) <= _MOST else None
