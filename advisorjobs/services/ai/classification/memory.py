"""What the firm's people have decided for a counterparty before: the best reason there is for deciding so again."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from advisorjobs.services.ai.books import Labelled, Transaction
from advisorjobs.services.ai.redaction import plain
from advisorjobs.services.books.categories import categories

__all__ = ["Memory", "party_key"]

FEWEST = 2
AGREEMENT = 0.8
"""Of the entries of a counterparty so many must agree, and there must be at least so many."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Counterparty and direction of money → the categories that people gave, with how often."""

    given: dict[tuple[str, bool], Counter[str]]

    @classmethod
    def of(cls, labels: Iterable[Transaction]) -> Memory:
        given: dict[tuple[str, bool], Counter[str]] = defaultdict(Counter)
        for each in labels:
            key = party_key(each)
            if key and each.category and each.category in categories():
                given[key, each.amount > 0][each.category] += 1
        return cls(dict(given))

    def recall(self, transaction: Transaction) -> Labelled | None:
        """The category that the same counterparty had before; None where it had none, too few or various."""
        counts = self.given.get((party_key(transaction), transaction.amount > 0))
        if not counts:
            return None
        category, times = counts.most_common(1)[0]
        if times < FEWEST or times < AGREEMENT * counts.total():
            return None
        shown = transaction.counterparty or transaction.description[:40]
        reason = f"'{shown}' as in {times} of your entries: {categories()[category].label('en')}"
        confidence = (times + 1) / (counts.total() + 2)  # Laplace's rule of succession
        return Labelled(
            id=transaction.id, category=category, source="model", confidence=round(confidence, 3), reason=reason
        )


def party_key(transaction: Transaction) -> str:
    """What makes two counterparties the same: their words, without what numbers a booking ("AWS EMEA 4711")."""
    text = plain(transaction.counterparty or transaction.description)
    words = [word for word in re.findall(r"[^\W_]+", text) if not word.isdigit() and sum(map(str.isdigit, word)) <= 2]
    return " ".join(words) or text.strip()
