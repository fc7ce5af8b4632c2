"""Which of two events of one object is the later one. Stripe promises no order, and its times are whole seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["is_superseded"]

RANKS = {
    "draft": 0,
    "pending": 0,
    "open": 1,
    "in_transit": 1,
    "uncollectible": 2,
    "paid": 3,
    "void": 3,
    "failed": 4,
    "canceled": 4,
}
"""How far an invoice or a payout has come: none goes back."""


def is_superseded(event: Mapping[str, Any], applied: Mapping[str, Any]) -> bool:
    """Whether *applied*, the newest that was applied of the same object, came after *event* (Event objects of Stripe's).

    Within one second: by what has been reached, then by what each says it has replaced (`previous_attributes`); where
    neither tells, the one that came last is taken for the later.
    """
    if int(event["created"]) > int(applied["created"]):
        return False
    if int(event["created"]) < int(applied["created"]):
        return True
    ours, theirs = _reached(event), _reached(applied)
    if ours != theirs:
        return ours < theirs
    return _replaces(applied, event) and not _replaces(event, applied)


def _reached(event: Mapping[str, Any]) -> tuple[bool, int, int, int]:
    about = event["data"]["object"]
    sums = (about.get(name) for name in ("amount_paid", "amount_refunded"))
    paid, refunded = (each if isinstance(each, int) else 0 for each in sums)
    deleted = str(event["type"]).endswith(".deleted")
    return deleted, RANKS.get(str(about.get("status")), 0), paid, refunded


def _replaces(later: Mapping[str, Any], earlier: Mapping[str, Any]) -> bool:
    """Whether what *later* says was there before is what *earlier* says is there."""
    before, about = later["data"].get("previous_attributes"), earlier["data"]["object"]
    if not isinstance(before, Mapping) or not before:
        return str(earlier["type"]).endswith(".created") and later["type"] != earlier["type"]
    return all(about.get(name) == value for name, value in before.items())
