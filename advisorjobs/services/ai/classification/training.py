"""A classifier that learns from the firm's own labels: pieces of words and the amount, logistic regression.

Its confidence is calibrated: of what it says with 0.8, eight in ten were right when it was tried on counterparties that it
hadn't seen (cross-validation in groups, isotonic regression of right and wrong on the first probability). That trial gives its
accuracy too: what it knows of a counterparty that has labels already is better, and memory.py's affair.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from advisorjobs.services.ai.books import Labelled, Transaction
from advisorjobs.services.ai.classification.memory import party_key
from advisorjobs.services.ai.classification.rules import fits_direction
from advisorjobs.services.ai.libraries import needed
from advisorjobs.services.ai.redaction import plain
from advisorjobs.services.books.categories import categories

__all__ = ["Trained", "train"]

FEWEST_LABELS, FEWEST_OF_CLASS, FOLDS = 40, 5, 5
STEPS = (0, 10, 50, 200, 1_000, 5_000, 20_000)
"""Amounts between two of these are of one size."""


@dataclass(frozen=True, slots=True)
class Trained:
    """`accuracy`: the share of labels that it found when it hadn't seen their counterparty; `labels`: what it learned from."""

    pipeline: Any
    calibration: Any
    accuracy: float
    labels: int
    classes: int

    def predict(self, transactions: Sequence[Transaction]) -> list[Labelled]:
        """For each its likeliest category whose money moves that way, with the confidence that it has."""
        if not transactions:
            return []
        known = [str(each) for each in self.pipeline.classes_]
        found = []
        for each, row in zip(
            transactions, self.pipeline.predict_proba([_features(t) for t in transactions]), strict=True
        ):
            fitting = [index for index, category in enumerate(known) if fits_direction(category, each)]
            if fitting:
                best = max(fitting, key=lambda index: row[index])
                found.append(self._labelled(each, known[best], float(row[best])))
        return found

    def _labelled(self, transaction: Transaction, category: str, probability: float) -> Labelled:
        confidence = round(min(0.99, float(self.calibration.predict([probability])[0])), 3)
        label = categories()[category].label("en")
        reason = f"reads most like your entries under {label} ({self.labels} entries learned from)"
        return Labelled(id=transaction.id, category=category, source="model", confidence=confidence, reason=reason)


def train(labels: Sequence[Transaction]) -> Trained | None:
    """The classifier of *labels*; None where they are too few to be learned from. Categories of less than 5 are left out."""
    return _learned(tuple(labels))


@lru_cache(maxsize=1)  # the labels are the whole firm's: its clients, one after the other, are sorted by the same ones
def _learned(labels: tuple[Transaction, ...]) -> Trained | None:
    counts = Counter(each.category for each in labels if each.category in categories())
    used = [each for each in labels if counts[each.category] >= FEWEST_OF_CLASS]
    wanted = [str(each.category) for each in used]
    if len(used) < FEWEST_LABELS or len(set(wanted)) < 2:
        return None
    features = [_features(each) for each in used]
    tried = _trial(features, wanted, [party_key(each) for each in used])
    if tried is None:
        return None
    probabilities, right = tried
    calibration = needed("sklearn.isotonic").IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    calibration.fit(probabilities, [float(each) for each in right])
    pipeline = _pipeline().fit(features, wanted)
    return Trained(pipeline, calibration, round(sum(right) / len(right), 3), len(used), len(set(wanted)))


def _trial(features: list[str], wanted: list[str], parties: list[str]) -> tuple[list[float], list[bool]] | None:
    """For each label, seen by a classifier that knows none of its counterparty's: the first probability, and whether it was
    right. None where the counterparties are too few for a trial."""
    folds = min(FOLDS, len(set(parties)))
    if folds < 2:
        return None
    probabilities, right = list[float](), list[bool]()
    for known, new in needed("sklearn.model_selection").GroupKFold(folds).split(features, groups=parties):
        if len({wanted[index] for index in known}) < 2:
            continue
        pipeline = _pipeline().fit([features[index] for index in known], [wanted[index] for index in known])
        rows = pipeline.predict_proba([features[index] for index in new])
        for index, row in zip(new, rows, strict=True):
            probabilities.append(float(row.max()))
            right.append(str(pipeline.classes_[row.argmax()]) == wanted[index])
    return (probabilities, right) if probabilities else None


def _pipeline() -> Any:
    text, linear = needed("sklearn.feature_extraction.text"), needed("sklearn.linear_model")
    pieces = text.TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, max_features=20_000)
    classifier = linear.LogisticRegression(C=20.0, max_iter=1_000)
    return needed("sklearn.pipeline").make_pipeline(pieces, classifier)


def _features(transaction: Transaction) -> str:
    """Its words without numbers, and two made words for direction and size of the amount."""
    words = re.sub(
        r"\d+", "0", plain(f"{transaction.counterparty} {transaction.counterparty} {transaction.description}")
    )
    way = "moneyin" if transaction.amount > 0 else "moneyout"
    size = sum(abs(float(transaction.amount)) >= step for step in STEPS)
    return f"{words} {way} {way}size{'abcdefgh'[size]}"
