"""Net, tax and total: what labels say of each amount, and which three amounts add up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from advisorjobs.services.documents.amounts import Amount
from advisorjobs.services.documents.evidence import Evidence, likelier
from advisorjobs.services.documents.labels import Label, tie
from advisorjobs.services.documents.rows import Row
from advisorjobs.services.documents.vocabulary import table

__all__ = ["Guess", "Totals", "find_totals"]

_FIELDS = ("total", "net", "tax", "paid", "withheld", "closing_balance", "opening_balance")
_CENT = Decimal("0.02")
_MOST_VALUES = 60

Support = Mapping[str, Mapping[Decimal, float]]


@dataclass(frozen=True, slots=True)
class Guess:
    """An amount and how sure we are of it."""

    value: Decimal
    confidence: float


@dataclass(frozen=True, slots=True)
class Totals:
    """The three amounts as far as they were found."""

    net: Guess | None = None
    tax: Guess | None = None
    total: Guess | None = None


def find_totals(evidence: Evidence, *, items: Iterable[Decimal] = ()) -> Totals:
    """The amounts of an invoice or receipt; *items* are the amounts of its lines, which should
    add up to one of them."""
    support = support_of(evidence)
    values = {amount.value for amount in evidence.amounts if amount.money}
    if not values:
        values = set(support["total"])
    if not values:
        return Totals()
    sums = sum(items, Decimal(0))
    values = _weightiest(values, support)
    rates = _by_rate(evidence)
    best = max((_judge(total, values, support, sums, rates) for total in values), key=lambda judged: judged[0])
    return best[1]


def _weightiest(values: set[Decimal], support: Support) -> set[Decimal]:
    """The values that a label speaks of, and the largest others: every pair of them is tried."""
    said = {value for found in support.values() for value in found} & values
    return said | set(sorted(values - said, key=abs, reverse=True)[:_MOST_VALUES])


@dataclass(frozen=True, slots=True)
class _Parts:
    """Net and tax of one tax rate, or of all."""

    net: Decimal
    tax: Decimal


def _by_rate(evidence: Evidence) -> _Parts | None:
    """The sums of a table that lists net, tax and gross for each tax rate, one rate a row."""
    found = [parts for row in evidence.rows if (parts := _rate_row(row)) is not None]
    if len(found) < 2:
        return None
    sums = _Parts(sum((p.net for p in found), Decimal(0)), sum((p.tax for p in found), Decimal(0)))
    last = found[-1]
    # The table's own last row may be the sum of the others.
    return last if len(found) > 2 and abs(sums.net - 2 * last.net) <= _CENT else sums


def _rate_row(row: Row) -> _Parts | None:
    """Net and tax in a row where both and their sum stand."""
    values = [amount.value for amount in row.amounts if amount.cents]
    for net in values:
        for tax in values:
            if 0 < tax < net and net + tax in values and _usual_rate(net, tax):
                return _Parts(net, tax)
    return None


def support_of(evidence: Evidence) -> Support:
    """field → value → how strongly labels say that the value is the field."""
    reasons: dict[str, dict[Decimal, list[float]]] = {field: defaultdict(list) for field in _FIELDS}
    wanted = [amount for amount in evidence.amounts if amount.money] or list(evidence.amounts)
    for row_number, row in enumerate(evidence.rows):
        if _in_table_head(evidence.rows, row_number):
            continue
        below = [r for r in evidence.rows[row_number + 1 : row_number + 10] if r.page == row.page]
        for label in row.labels:
            fields = [(meaning.field, meaning.weight) for meaning in label.meanings if meaning.field in _FIELDS]
            if not fields:
                continue
            for value, strength in _values_of(label, row, below, wanted):
                for field, weight in fields:
                    reasons[field][value].append(weight * strength)
    return {field: {value: likelier(r) for value, r in found.items()} for field, found in reasons.items()}


def _in_table_head(rows: tuple[Row, ...], number: int) -> bool:
    """Whether a row heads a table of items; a head may run over three lines."""
    if rows[number].table_head:
        return True
    for above in (number - 1, number - 2):
        if any(amount.money for amount in rows[above + 1].amounts) or above < 0:
            return False
        if rows[above].table_head and rows[above].page == rows[number].page:
            return rows[number].top - rows[above].bottom < 2 * (rows[above].bottom - rows[above].top)
    return False


def _values_of(label: Label, row: Row, below: list[Row], wanted: list[Amount]) -> list[tuple[Decimal, float]]:
    """What stands beside a label; only where nothing does, what stands under it."""
    money = set(map(id, wanted))
    beside = [amount for amount in row.amounts if id(amount) in money and _next_label(label, amount, row) is None]
    tied = [(amount, strength) for amount in beside if (strength := tie(label, amount.span)) > 0.25]
    if tied:
        last = max(tied, key=lambda pair: pair[0].span.box.right)[0]
        return [(amount.value, strength * (1.0 if amount is last else 0.55)) for amount, strength in tied]
    under = [amount for other in below for amount in other.amounts if id(amount) in money]
    ties = [(amount.value, tie(label, amount.span)) for amount in under]
    return [(value, strength) for value, strength in ties if strength > 0.3]


def _next_label(label: Label, amount: Amount, row: Row) -> Label | None:
    """A label of another amount between *label* and *amount*."""
    left, right = label.span.box.right - 0.002, amount.span.box.left
    for other in row.labels:
        box = other.span.box
        between = left <= box.left and box.right <= right + 0.002 and other is not label
        if between and any(meaning.field in _FIELDS for meaning in other.meanings) and not _same_kind(label, other):
            return other
    return None


def _same_kind(label: Label, other: Label) -> bool:
    return bool({m.field for m in label.meanings} & {m.field for m in other.meanings})


def _judge(
    total: Decimal, values: set[Decimal], support: Support, items: Decimal, rates: _Parts | None
) -> tuple[float, Totals]:
    """A score for *total* and the best net and tax beside it."""
    said = support["total"].get(total, 0.0)
    fuller = [total, *(total + abs(withheld) for withheld in support["withheld"])]
    net, tax, fits = max((_best_parts(whole, values, support) for whole in fuller), key=lambda parts: parts[2])
    mixed = rates is not None and rates.net + rates.tax == total
    if rates is not None and mixed:
        net, tax, fits = Guess(rates.net, 0.9), Guess(rates.tax, 0.9), 1.0
    score = said + 0.6 * fits + (0.3 if mixed else 0.0) + (0.2 if items and abs(items - total) <= _CENT else 0.0)
    score += 0.12 if total == max(values) else 0.0
    score += 0.3 if _sum_of_others(total, support["total"]) else 0.0
    score -= 0.45 * support["paid"].get(total, 0.0) * (1 - 0.5 * said) + 0.35 * support["net"].get(total, 0.0) * (
        1 - said
    )
    score -= 0.4 * support["tax"].get(total, 0.0) * (1 - said)
    least = max(0.5, max(support["total"].values(), default=0.0) - 0.05)
    score -= 0.7 if total == 0 or (total < 0 and said < least) else 0.0
    confidence = likelier([0.82 * said, 0.6 * fits, 0.3 if total == max(values) else 0.0])
    if said < 0.3 and fits < 0.5:
        confidence = min(confidence, 0.35)
    return score, Totals(net, tax, Guess(total, round(min(0.99, confidence), 2)))


def _sum_of_others(total: Decimal, said: Mapping[Decimal, float]) -> bool:
    """Whether the other amounts of a column of totals (one for each tax rate) add up to this one."""
    others = [value for value in said if value != total]
    return len(others) >= 2 and abs(sum(others, Decimal(0)) - total) <= _CENT


def _best_parts(total: Decimal, values: set[Decimal], support: Support) -> tuple[Guess | None, Guess | None, float]:
    """Net and tax that make up *total*, and how convincing that is (0…1)."""
    best: tuple[float, Decimal, Decimal] | None = None
    taxes = {*support["tax"], sum(support["tax"], Decimal(0)), *(2 * tax for tax in support["tax"])}
    for net in values | {total - tax for tax in taxes}:
        tax = total - net
        if (
            not 0 <= abs(tax) < abs(net)
            or net * tax < 0
            or (tax not in values and tax not in taxes)
            or (tax == 0 and tax not in support["tax"])
        ):
            continue
        score = _convincing(net, tax, values, support)
        if score > 0.25 and (best is None or score > best[0]):
            best = (score, net, tax)
    if best is None:
        return (*_unsummed(total, values, support), 0.0)
    score, net, tax = best
    sure = round(min(0.98, 0.35 + 0.65 * score), 2)
    return Guess(net, sure), Guess(tax, sure), score if tax else 0.3 * score


def _unsummed(total: Decimal, values: set[Decimal], support: Support) -> tuple[Guess | None, Guess | None]:
    """A labelled tax and what it is a usual share of, where untaxed amounts come on top."""
    for tax, said in sorted(support["tax"].items(), key=lambda item: -item[1]):
        nets = [net for net in values if 0 < tax < net and net + tax < total and _usual_rate(net, tax)]
        if said >= 0.6 and nets:
            return Guess(max(nets), 0.45), Guess(tax, 0.45)
    return None, None


def _convincing(net: Decimal, tax: Decimal, values: set[Decimal], support: Support) -> float:
    said_net, said_tax = support["net"].get(net, 0.0), support["tax"].get(tax, 0.0)
    if not said_tax and tax not in values:  # two taxes of one rate, as in federal countries
        said_tax = 0.9 * support["tax"].get(tax / 2, 0.0)
    if tax == sum(support["tax"], Decimal(0)) and len(support["tax"]) > 1:
        said_tax = max(said_tax, 0.6)
    usual = 0.15 if net and tax and _usual_rate(net, tax) else 0.0
    both = 0.15 if net in values and tax in values else 0.0
    printed = 1.0 if net in values else 0.6
    return min(1.0, 0.4 * said_net + 0.4 * said_tax + usual + both) * printed


def _usual_rate(net: Decimal, tax: Decimal) -> bool:
    """Whether tax/net is a usual rate, as far as rounding to cents lets us see."""
    slack = Decimal("0.6") / abs(net)
    return any(abs(tax * 100 / net - Decimal(str(rate))) <= slack * 2 for rate in table("money")["tax"]["rates"])
