"""What is worth saying about a period, in figures: each of these functions computes, none finds words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

from advisorjobs.choices import Focus
from advisorjobs.services.ai.books import Invoice
from advisorjobs.services.ai.insights.period import ZERO, Money
from advisorjobs.services.ai.wording import MONTHS, Wording
from advisorjobs.services.books.categories import categories

__all__ = ["Figures", "Insight", "insights"]

RATE = 0.3
"""What is assumed to go to the tax office of a profit: about what small companies pay in Germany; said in the sentence."""

CONCENTRATED, FIRST_FEW = 0.2, 3


@dataclass(frozen=True, slots=True)
class Insight:
    """`key` names its sentences; `values` fill them: Decimal money, float share, int count, date, text. `parties`: the
    counterparties among the values."""

    key: str
    focus: Focus
    values: Mapping[str, Any]
    severity: str = "low"
    sentence: str | None = None
    parties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """What insights are drawn from: the period, the one before it, invoices, and what the accounts hold. `before`: None
    where the books don't hold all of that period."""

    now: Money
    before: Money | None
    invoices: Sequence[Invoice]
    today: date
    balance: Decimal | None
    wording: Wording = field(default_factory=lambda: Wording("en"))


def insights(figures: Figures, focus: Sequence[Focus] | None) -> list[Insight]:
    """All that can be said of *figures*, or what *focus* asks for."""
    if not figures.now.transactions:
        return []
    return [each for kind in _KINDS for each in kind(figures) if focus is None or each.focus in focus]


def _totals(figures: Figures) -> Iterator[Insight]:
    """Income and expenses beside the period before."""
    earlier = figures.before
    for key, now, before in (
        ("revenue", figures.now.income, earlier.income if earlier else None),
        ("expenses", figures.now.expenses, earlier.expenses if earlier else None),
    ):
        focus: Focus = "revenue" if key == "revenue" else "expenses"
        if before is None or before <= 0:
            yield Insight(key, focus, {"now": now}, sentence=f"{key}_{'alone' if before is None else 'first'}")
            continue
        change = float((now - before) / before)
        worse = change < -0.1 if key == "revenue" else change > 0.1
        values = {"now": now, "before": before, "change": abs(round(change, 4)), **_direction(figures, now - before)}
        yield Insight(key, focus, values, "high" if worse and abs(change) > 0.3 else "medium" if worse else "low")


def _parties(figures: Figures) -> Iterator[Insight]:
    """How much hangs on the largest customer and supplier."""
    money = figures.now
    sides = (
        ("customers", "revenue", money.earned, money.income),
        ("suppliers", "expenses", money.spent, money.expenses),
    )
    for key, focus, transactions, whole in sides:
        first = money.by_party(transactions)[:FIRST_FEW]
        if not first or whole <= 0:
            continue
        share = float(abs(first[0][1]) / whole)
        if share >= CONCENTRATED:
            values = {
                "party": first[0][0],
                "amount": abs(first[0][1]),
                "share": round(share, 4),
                "count": len(first),
                "together": round(float(sum(abs(amount) for _, amount in first) / whole), 4),
            }
            severity = "medium" if key == "customers" and share > 0.5 else "low"
            yield Insight(
                key, "revenue" if focus == "revenue" else "expenses", values, severity, parties=(first[0][0],)
            )


def _biggest_change(figures: Figures) -> Iterator[Insight]:
    """The category of expenses that changed most."""
    if figures.before is None:
        return
    now, before = figures.now.by_category(), figures.before.by_category()
    changes = {
        key: now.get(key, ZERO) - before.get(key, ZERO)
        for key in {*now, *before}
        if key in categories() and categories()[key].kind == "expense"
    }
    if not changes or not before:
        return
    key = max(changes, key=lambda each: (abs(changes[each]), each))
    label = categories()[key].label(figures.wording.spoken)
    values = {"category": label, "now": now.get(key, ZERO), "before": before.get(key, ZERO)}
    values |= {"difference": abs(changes[key]), **_direction(figures, changes[key])}
    yield Insight("category", "expenses", values, "medium" if changes[key] > figures.before.expenses / 10 else "low")


def _months(figures: Figures) -> Iterator[Insight]:
    months = figures.now.income_by_month()
    if len(months) >= 3:
        best, weakest = max(months, key=months.__getitem__), min(months, key=months.__getitem__)
        values = {"best_month": _month(figures, best), "best": months[best]}
        values |= {"weakest_month": _month(figures, weakest), "weakest": months[weakest]}
        yield Insight("best_month", "revenue", values)


def _margin(figures: Figures) -> Iterator[Insight]:
    now, before = figures.now, figures.before
    if now.net_income <= 0:
        return
    margin = float((now.net_income - now.net_expenses) / now.net_income)
    values = {"profit": now.net_income - now.net_expenses, "income": now.net_income, "margin": round(margin, 4)}
    if before is None or before.net_income <= 0:
        yield Insight("margin", "profitability", values, "medium" if margin < 0 else "low", "margin_first")
        return
    earlier = float((before.net_income - before.net_expenses) / before.net_income)
    severity = "high" if margin < 0 else "medium" if margin < earlier - 0.05 else "low"
    yield Insight("margin", "profitability", {**values, "margin_before": round(earlier, 4)}, severity)


def _cash(figures: Figures) -> Iterator[Insight]:
    """What moved, and how long the money lasts where more goes out than comes in."""
    amounts = [each.amount for each in figures.now.transactions]
    incoming = sum((each for each in amounts if each > 0), ZERO)
    outgoing = -sum((each for each in amounts if each < 0), ZERO)
    net = incoming - outgoing
    yield Insight(
        "net_flow",
        "cash_flow",
        {"incoming": incoming, "outgoing": outgoing, "net": net},
        "low" if net >= 0 else "medium",
    )
    if net < 0 and figures.balance is not None and figures.balance > 0 and figures.now.months >= 1:
        burn = -net / figures.now.months
        months = int(figures.balance / burn)
        values = {"burn": burn.quantize(Decimal("0.01")), "balance": figures.balance, "months": months}
        yield Insight("runway", "cash_flow", values, "high" if months < 3 else "medium")


def _debtors(figures: Figures) -> Iterator[Insight]:
    """What is overdue, and who pays late."""
    sales = [each for each in figures.invoices if each.kind == "sale" and each.currency == figures.wording.currency]
    overdue = [
        each for each in sales if each.status == "open" and each.due_on < figures.today and each.total > each.paid
    ]
    if overdue:
        owed: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for each in overdue:
            owed[each.party_name] += each.total - each.paid
        worst = max(owed, key=lambda party: (owed[party], party))
        values = {"count": len(overdue), "amount": sum(owed.values(), ZERO), "party": worst, "most": owed[worst]}
        values["oldest"] = min(each.due_on for each in overdue)
        yield Insight("overdue", "cash_flow", values, "high" if len(overdue) > 5 else "medium", parties=(worst,))
    delays: dict[str, list[int]] = defaultdict(list)
    for each in sales:
        if each.status == "paid" and each.paid_on:
            delays[each.party_name].append((each.paid_on - each.due_on).days)
    late = [days for each in delays.values() for days in each if days > 0]
    if len(late) >= 3:
        slowest = max(delays, key=lambda party: (median(delays[party]), party))
        values = {
            "count": sum(map(len, delays.values())),
            "late": len(late),
            "days": int(median(late)),
            "party": slowest,
        }
        yield Insight("late", "cash_flow", values, "medium" if median(late) > 14 else "low", parties=(slowest,))


def _taxes(figures: Figures) -> Iterator[Insight]:
    money = figures.now
    collected = sum((each.tax for each in money.earned), ZERO)
    paid = -sum((each.tax for each in money.spent), ZERO)
    if collected or paid:
        yield Insight("vat", "tax", {"collected": collected, "paid": paid, "due": collected - paid})
    costs = sum((_deductible(each.category) * -(each.amount - each.tax) for each in money.spent), ZERO)
    profit = (money.net_income - costs).quantize(Decimal("0.01"))
    if profit > 0:
        settled = -sum((each.amount for each in money.spent if each.category == "business_tax"), ZERO)
        reserve = (profit * Decimal(str(RATE))).quantize(Decimal("0.01"))
        yield Insight("reserve", "tax", {"profit": profit, "rate": RATE, "reserve": reserve, "paid": settled})


def _unsorted(figures: Figures) -> Iterator[Insight]:
    bare = sum(each.category is None for each in figures.now.transactions)
    if bare:
        whole = len(figures.now.transactions)
        values = {"count": bare, "of": whole, "share": round(bare / whole, 4)}
        yield Insight("unsorted", "tax", values, "medium" if bare > whole / 4 else "low")


def _deductible(category: str | None) -> Decimal:
    known = categories().get(category or "")
    return known.deductible if known else Decimal(1)


def _direction(figures: Figures, change: Decimal) -> dict[str, str]:
    return {"direction": figures.wording.sentence("more" if change >= 0 else "less", {})}


def _month(figures: Figures, month: date) -> str:
    return f"{MONTHS[figures.wording.spoken][month.month - 1]} {month.year}"


_KINDS: Sequence[Callable[[Figures], Iterator[Insight]]] = (
    _totals, _parties, _biggest_change, _months, _margin, _cash, _debtors, _taxes, _unsorted,
)  # fmt: skip
