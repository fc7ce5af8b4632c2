"""Which category the words of a transaction tell, before the firm has labelled any: by the table beside this file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from advisorjobs.services.ai.books import Labelled, Transaction
from advisorjobs.services.ai.redaction import plain
from advisorjobs.services.books.categories import categories

__all__ = ["by_rule", "fits_direction", "names_business"]

NAME, WORD, BACK = 0.9, 0.75, 0.6
"""How sure a well-known business, an everyday word, and money that came back make us: judged, not measured."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`pattern` of what tells the category; `way` is the direction of money that it is about."""

    category: str
    way: str
    is_name: bool
    pattern: re.Pattern[str]

    def holds_for(self, way: str) -> bool:
        return self.way in ("any", way)


def by_rule(transaction: Transaction) -> Labelled | None:
    """The category of the longest match; names of businesses before everyday words. None where nothing matches."""
    text, way = plain(f"{transaction.counterparty} · {transaction.description}"), _way(transaction)
    hits = [(rule, match) for rule in _rules() if rule.holds_for(way) and (match := rule.pattern.search(text))]
    fitting = [hit for hit in hits if fits_direction(hit[0].category, transaction)]
    if not fitting and not hits:
        return None
    rule, match = max(fitting or hits, key=lambda hit: (hit[0].is_name, len(hit[1][0])))
    told = match[0].strip()
    label = categories()[rule.category].label("en")
    if not fitting:
        if categories()[rule.category].kind != "expense":
            return None
        reason = f"'{told}' says {label}; the money came back"
        return Labelled(id=transaction.id, category=rule.category, source="rule", confidence=BACK, reason=reason)
    reason = f"'{told}' says {label}, money {'in' if way == 'in' else 'out'}"
    confidence = NAME if rule.is_name else WORD
    return Labelled(id=transaction.id, category=rule.category, source="rule", confidence=confidence, reason=reason)


def fits_direction(category: str, transaction: Transaction) -> bool:
    """Whether money of this *category* moves the way that it did: income in, expenses out, transfers both."""
    kind = categories()[category].kind
    return kind == "transfer" or (kind == "income") == (transaction.amount > 0)


def names_business(name: str) -> bool:
    """Whether a rule knows *name* for a business's."""
    text = plain(name)
    return any(rule.is_name and rule.pattern.search(text) for rule in _rules())


def _way(transaction: Transaction) -> str:
    return "in" if transaction.amount > 0 else "out"


@cache
def _rules() -> tuple[Rule, ...]:
    table = tomllib.loads((files(__package__) / "rules.toml").read_text(encoding="utf-8"))
    return tuple(rule for row in table["rule"] for rule in _read(row))


def _read(row: dict[str, object]) -> Iterator[Rule]:
    category, way = str(row["category"]), str(row.get("way", "any"))
    assert category in categories()
    for key in ("names", "words"):
        words = row.get(key)
        if isinstance(words, list):
            yield Rule(category, way, key == "names", _pattern(words))


def _pattern(words: list[str]) -> re.Pattern[str]:
    """Matches the longest of *words* first."""
    ordered = sorted(words, key=len, reverse=True)
    pieces = [re.escape(plain(word).removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in ordered]
    return re.compile(rf"(?<!\w)(?:{'|'.join(pieces)})(?!\w)")
