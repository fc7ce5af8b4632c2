"""From a client's books to insights in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from advisorjobs.choices import Focus
from advisorjobs.services.ai.asking import Asking
from advisorjobs.services.ai.books import Books, Client, Finding
from advisorjobs.services.ai.insights.figures import Figures, Insight, insights
from advisorjobs.services.ai.insights.period import Money
from advisorjobs.services.ai.telling import Told, tell
from advisorjobs.services.ai.wording import Wording, raw

__all__ = ["Insights", "read_insights"]

SUMMED_UP = 3


@dataclass(frozen=True, slots=True)
class Insights:
    """What was found about `client` from `start` to `end`."""

    client: Client
    start: date
    end: date
    found: Sequence[Insight]
    wording: Wording

    def tell(self, asking: Asking | None) -> Told:
        findings = [self._finding(each) for each in self.found]
        weighty = sorted(findings, key=lambda each: ("high", "medium", "low").index(each.severity))[:SUMMED_UP]
        summary = " ".join(each.reason for each in weighty) or self.wording.sentence("insights_none", {})
        parties = {self._key(each): each.parties for each in self.found}
        return tell(
            asking,
            findings,
            parties,
            topic="a business's figures of a period",
            summary=summary,
            wording=self.wording,
            client=self.client,
        )

    def _finding(self, insight: Insight) -> Finding:
        return Finding(
            key=self._key(insight),
            title=self.wording.sentence(f"{insight.key}_title", insight.values),
            reason=self.wording.sentence(insight.sentence or insight.key, insight.values),
            severity=insight.severity,
            figures={"insight": insight.key, "focus": insight.focus, **raw(insight.values)},
        )

    def _key(self, insight: Insight) -> str:
        return f"{insight.key}:{self.start}:{self.end}"


def read_insights(books: Books, start: date, end: date, focus: Sequence[Focus] | None, language: str) -> Insights:
    """What the days from *start* to *end* say, compared with as many before where the books were begun by then; of the
    money in the client's own currency."""
    client = books.client()
    length = end - start + timedelta(days=1)
    begun = books.first_day()
    transactions = [each for each in books.transactions(start - length, end) if each.currency == client.currency]
    figures = Figures(
        now=Money([each for each in transactions if each.booked_on >= start], start, end),
        before=Money(
            [each for each in transactions if each.booked_on < start], start - length, start - timedelta(days=1)
        )
        if begun is not None and begun <= start - length
        else None,
        invoices=books.invoices(start - length),
        today=client.today,
        balance=books.balance(client.currency, end),
        wording=Wording(language, client.currency),
    )
    return Insights(client, start, end, insights(figures, focus), figures.wording)
