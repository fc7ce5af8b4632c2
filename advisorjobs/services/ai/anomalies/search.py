"""From a client's books to findings in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from advisorjobs.choices import Sensitivity
from advisorjobs.services.ai.anomalies.detection import MOST, by_check, detect
from advisorjobs.services.ai.anomalies.looked_at import LookedAt
from advisorjobs.services.ai.asking import Asking
from advisorjobs.services.ai.books import Books, Client, Finding
from advisorjobs.services.ai.telling import Told, tell
from advisorjobs.services.ai.wording import Wording

__all__ = ["Searched", "search"]

BEFORE = timedelta(days=365)
"""So far back is looked to know what is usual."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What was found about `client`; `bookings`: how many the period has."""

    client: Client
    findings: Sequence[Finding]
    bookings: int
    wording: Wording

    def to_json(self) -> dict[str, Any]:
        """For the job's result."""
        return {
            "bookings": self.bookings,
            "found": len(self.findings),
            "by_check": by_check(self.findings),
            "more": len(self.findings) == MOST,
        }

    def tell(self, asking: Asking | None) -> Told:
        high = sum(each.severity == "high" for each in self.findings)
        values = {"count": self.bookings, "found": len(self.findings), "high": high}
        return tell(
            asking,
            self.findings,
            {each.key: (str(each.figures["party"]),) for each in self.findings},
            topic="bookings that somebody should look at",
            summary=self.wording.sentence("anomalies_some" if self.findings else "anomalies_none", values),
            wording=self.wording,
            client=self.client,
        )


def search(books: Books, start: date, end: date, sensitivity: Sensitivity) -> Searched:
    """What is odd from *start* to *end*, measured by the year before too; in the client's own currency."""
    client = books.client()
    wording = Wording(client.language, client.currency)
    transactions = [each for each in books.transactions(start - BEFORE, end) if each.currency == client.currency]
    looked_at = LookedAt(transactions, start, end, sensitivity, wording)
    return Searched(client, detect(looked_at), len(looked_at.period), wording)
