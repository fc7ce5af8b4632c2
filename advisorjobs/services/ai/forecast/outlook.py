"""From a client's books to a forecast in figures and words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from advisorjobs.services.ai.asking import Asking
from advisorjobs.services.ai.books import Books, Client, Finding
from advisorjobs.services.ai.forecast.balance import HISTORY, Forecast, Point, forecast
from advisorjobs.services.ai.forecast.usual import FEW, NONE, YEAR_DAYS
from advisorjobs.services.ai.libraries import one_thread
from advisorjobs.services.ai.telling import Told, tell
from advisorjobs.services.ai.wording import Wording, raw

__all__ = ["Outlook", "read_outlook"]

SHOWN = 10
"""Of what recurs the largest so many are in the result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """`opening_source`: given, books, or none (nothing is known: the curve begins at 0)."""

    client: Client
    forecast: Forecast
    confidence: float
    warn_below: Decimal | None
    opening_source: str
    left_out: int
    wording: Wording

    def to_json(self) -> dict[str, Any]:
        """The job's result: a point a week, money as text."""
        seen = self.forecast
        points = seen.points
        weekly = [point for number, point in enumerate(points, 1) if number % 7 == 0 or number == len(points)]
        return {
            "method": seen.method,
            "history_days": seen.history_days,
            "notes": self._notes(),
            "currency": self.client.currency,
            "opening_balance": str(seen.opening),
            "opening_source": self.opening_source,
            "confidence": self.confidence,
            "balances": [_point(point) for point in weekly],
            "lowest": _point(seen.lowest),
            "probability_below": seen.below,
            "below_on": str(seen.below_on) if seen.below_on else None,
            "recurring": [
                {"party": each.party, "amount": str(each.amount), "every": each.rhythm.name}
                for each in seen.recurring[:SHOWN]
            ],
            "open_invoices": len(seen.counted),
            "doubtful_invoices": len(seen.doubtful),
            "other_currencies": self.left_out,
        }

    def tell(self, asking: Asking | None) -> Told:
        values = self._values()
        reason = " ".join([self.wording.sentence("forecast", values), *self._warning(), *self._notes()])
        below = self.forecast.below or 0.0
        found = Finding(
            key=f"cash_flow:{self.client.today}:{len(self.forecast.points)}",
            title=self.wording.sentence("forecast_title", values),
            reason=reason,
            severity="high" if below > 0.5 else "medium" if below > 0.1 else "low",
            score=self.forecast.below,
            figures=raw(values),
        )
        return tell(
            asking,
            [found],
            {},
            topic="a forecast of the balance in the bank",
            summary=reason,
            wording=self.wording,
            client=self.client,
        )

    def _values(self) -> dict[str, Any]:
        last, lowest = self.forecast.points[-1], self.forecast.lowest
        return {
            "days": len(self.forecast.points),
            "opening": self.forecast.opening,
            "end": last.day,
            "expected": last.expected,
            "low": last.low,
            "high": last.high,
            "confidence": self.confidence,
            "lowest_day": lowest.day,
            "lowest": lowest.expected,
        }

    def _warning(self) -> list[str]:
        if self.warn_below is None or self.forecast.below is None:
            return []
        return [self.wording.sentence("forecast_below", {"below": self.forecast.below, "mark": self.warn_below})]

    def _notes(self) -> list[str]:
        """What the figures can't know."""
        history = self.forecast.history_days
        if self.forecast.method in (FEW, NONE):
            return [self.wording.sentence(f"forecast_{self.forecast.method}", {"history": history})]
        return [self.wording.sentence("forecast_no_season", {"history": history})] if history < YEAR_DAYS else []


def read_outlook(
    books: Books, *, days: int, confidence: float, opening: Decimal | None, warn_below: Decimal | None
) -> Outlook:
    """The forecast of the client's money in its own currency, beginning with *opening*, or with what the books say."""
    client = books.client()
    since = client.today - HISTORY
    everything = books.transactions(since, client.today)
    transactions = [each for each in everything if each.currency == client.currency]
    invoices = [each for each in books.invoices(since) if each.currency == client.currency]
    booked = books.balance(client.currency, client.today) if opening is None else None
    with one_thread("statsmodels.regression.linear_model"):
        seen = forecast(
            transactions,
            invoices,
            today=client.today,
            days=days,
            confidence=confidence,
            opening=opening if opening is not None else booked if booked is not None else Decimal(0),
            warn_below=warn_below,
            seed=client.id,
        )
    return Outlook(
        client=client,
        forecast=seen,
        confidence=confidence,
        warn_below=warn_below,
        opening_source="given" if opening is not None else "books" if booked is not None else "none",
        left_out=len(everything) - len(transactions),
        wording=Wording(client.language, client.currency),
    )


def _point(point: Point) -> dict[str, str]:
    return {name: str(getattr(point, name)) for name in ("day", "expected", "low", "high")}
