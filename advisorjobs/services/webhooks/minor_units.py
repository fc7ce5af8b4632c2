"""Stripe's amounts: whole numbers of a currency's smallest unit. Source: https://docs.stripe.com/currencies"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

__all__ = ["amount_of"]

ZERO_DECIMAL = frozenset({
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF",
})  # fmt: skip
"""Without a smaller unit. ISK, HUF, TWD and UGX, which have none in use either, come with two places for history's sake."""

THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
"""Stripe takes only amounts whose last place is 0."""

CENT = Decimal("0.01")


def amount_of(minor: int, currency: str) -> Decimal:
    """*minor* units of *currency* (ISO 4217, either case) as an amount with two places, as the tables keep it."""
    currency = currency.upper()
    places = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    return Decimal(minor).scaleb(-places).quantize(CENT, ROUND_HALF_EVEN)
