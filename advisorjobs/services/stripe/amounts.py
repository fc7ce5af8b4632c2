"""Amounts as Stripe takes them: whole numbers of a currency's smallest unit. https://docs.stripe.com/currencies"""

from __future__ import annotations

from decimal import Decimal

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.webhooks.minor_units import THREE_DECIMAL, ZERO_DECIMAL

__all__ = ["minor_units"]

WHOLE_ONLY = frozenset({"ISK", "HUF", "TWD", "UGX"})
"""Said in hundredths, of which there are only whole hundreds."""


def minor_units(amount: Decimal, currency: str) -> int:
    """*amount* of *currency* (ISO 4217, capitals) in its smallest unit.

    JobError `validation` for a fraction that the currency doesn't have.
    """
    places = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    minor = amount.scaleb(places)
    if minor != minor.to_integral_value() or (currency in WHOLE_ONLY and minor % 100):
        raise JobError(ErrorCode.VALIDATION, f"{amount} {currency}: the currency has no such fraction")
    return int(minor)
