"""Categories for a client's transactions: as the firm did before, a language model's choice, what was learned, and rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from advisorjobs.services.ai.asking import Asking
from advisorjobs.services.ai.books import Labelled, Transaction
from advisorjobs.services.ai.classification.choice import choose
from advisorjobs.services.ai.classification.memory import Memory
from advisorjobs.services.ai.classification.rules import by_rule
from advisorjobs.services.ai.classification.training import Trained, train
from advisorjobs.services.ai.libraries import one_thread

__all__ = ["LocalClassifier", "Sorted", "sort_transactions"]

LEAST = 0.5
"""What is less sure than this stays without a category, for a person."""


@dataclass(slots=True)
class Sorted:
    """`labelled`: what was found; `refused`: how many of a language model's choices were not taken."""

    labelled: list[Labelled] = field(default_factory=list)
    refused: int = 0


class LocalClassifier:
    """The firm's labels and the rules. `trained` is None where the labels are too few."""

    def __init__(self, labels: Sequence[Transaction]) -> None:
        self.labels = len(labels)
        self.memory = Memory.of(labels)
        with one_thread("sklearn.linear_model", "sklearn.model_selection"):
            self.trained: Trained | None = train(labels)

    def sort(self, transactions: Sequence[Transaction]) -> list[Labelled]:
        """The surest of memory, classifier and rules for each; those of which none is sure enough are left out."""
        learned = {each.id: each for each in self.trained.predict(transactions)} if self.trained else {}
        found = []
        for each in transactions:
            candidates = [self.memory.recall(each), learned.get(each.id), by_rule(each)]
            sure = [candidate for candidate in candidates if candidate and candidate.confidence >= LEAST]
            if sure:
                found.append(sure[0] if sure[0] is candidates[0] else max(sure, key=lambda label: label.confidence))
        return found

    def describe(self) -> dict[str, Any]:
        """What it knows, for the job's result."""
        if self.trained is None:
            return {"method": "rules", "own_labels": self.labels}
        return {
            "method": "trained",
            "own_labels": self.labels,
            "categories_learned": self.trained.classes,
            "accuracy": self.trained.accuracy,
        }


def sort_transactions(
    local: LocalClassifier,
    transactions: Sequence[Transaction],
    *,
    asking: Asking | None,
    names: Sequence[str],
    done: Callable[[int], None] = lambda count: None,
) -> Sorted:
    """Categories for *transactions*. A model is asked for those only that the firm has no example of."""
    if asking is None:
        done(len(transactions))
        return Sorted(local.sort(transactions))
    recalled = [label for each in transactions if (label := local.memory.recall(each))]
    known = {each.id for each in recalled}
    open_ones = [each for each in transactions if each.id not in known]
    done(len(known))
    chosen, refused = choose(asking, open_ones, names, done)
    known |= {each.id for each in chosen}
    rest = local.sort([each for each in open_ones if each.id not in known])
    return Sorted(recalled + chosen + rest, refused)
