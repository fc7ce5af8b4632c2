"""Tables of what came in and went out, drawn up from a ledger's entries of one currency."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from advisorjobs.services.reports.columns import category_label, chart, column, grouped, money, text
from advisorjobs.services.reports.language import Language
from advisorjobs.services.reports.ledger import Amounts, Entry, EntryKind, in_order, percent, quarter_start, totalled
from advisorjobs.services.reports.model import Column, Group, Kind, Row, Table

__all__ = [
    "Spell",
    "category_table",
    "flow_table",
    "result_table",
    "spell_label",
    "spell_of",
    "vat_table",
    "with_spells",
]

Spell = Literal["month", "quarter"]
TITLES: dict[EntryKind, str] = {"income": "income", "expense": "expenses", "transfer": "movements"}


def spell_of(spell: Spell, day: date) -> date:
    """The first day of the month or quarter that *day* is in."""
    return quarter_start(day) if spell == "quarter" else day.replace(day=1)


def spell_label(words: Language, spell: Spell, day: date) -> str:
    return words.quarter(day) if spell == "quarter" else words.month(day)


def short_label(words: Language, spell: Spell, day: date) -> str:
    """For an axis, where there is little room."""
    return words.short_quarter(day) if spell == "quarter" else words.short_month(day)


def category_table(words: Language, given: Sequence[Entry], kind: EntryKind, currency: str) -> Table | None:
    """One row per category, with its share of all; None where there is none."""
    sums = totalled((entry for entry in given if entry.kind == kind), lambda entry: entry.category)
    if not sums:
        return None
    whole = sum((each.gross for each in sums.values()), start=Decimal(0))
    rows: tuple[Row, ...] = tuple(
        (category_label(words, key), each.count, each.net, each.tax, each.gross, percent(each.gross, whole))
        for key, each in ((key, sums[key]) for key in in_order(sums))
    )
    columns: tuple[Column, ...] = (
        text(words, "category", wide=True),
        column(words, "count", Kind.COUNT, total=True),
        money(words, "net"),
        money(words, "tax"),
        money(words, "amount"),
        column(words, "share", Kind.SHARE),
    )
    if kind == "transfer":  # shares of what cancels out, and tax on what bears none, say nothing
        columns, rows = (*columns[:2], columns[4]), tuple((*row[:2], row[4]) for row in rows)
    return Table(title=words.text(TITLES[kind]), columns=columns, groups=(Group(rows),), currency=currency)


def with_spells(
    words: Language, given: Sequence[Entry], kind: EntryKind, currency: str, by: Literal["month", "quarter", "category"]
) -> Table | None:
    """Categories within each month or quarter, or months within each category, with subtotals; None where there is none."""
    spell: Spell = "quarter" if by == "quarter" else "month"
    sums = totalled(
        (entry for entry in given if entry.kind == kind), lambda entry: (spell_of(spell, entry.month), entry.category)
    )
    if not sums:
        return None
    days, keys = sorted({day for day, _ in sums}), in_order({key for _, key in sums})
    places = [(day, key) for key in keys for day in days] if by == "category" else [(d, k) for d in days for k in keys]
    rows: list[tuple[Hashable, str, Row]] = []
    for day, key in places:
        if (day, key) in sums:
            labels = [spell_label(words, spell, day), category_label(words, key)]
            group, label = reversed(labels) if by == "category" else labels
            each = sums[day, key]
            row = (label, each.count, each.net, each.tax, each.gross)
            rows.append((key if by == "category" else day, group, row))
    columns = (
        text(words, "month" if by == "category" else "category", wide=True),
        column(words, "count", Kind.COUNT, total=True),
        money(words, "net"),
        money(words, "tax"),
        money(words, "amount"),
    )
    return Table(title=words.text(TITLES[kind]), columns=columns, groups=grouped(rows), currency=currency)


def result_table(
    words: Language,
    given: Sequence[Entry],
    spell: Spell,
    days: Sequence[date],
    currency: str,
    *,
    begun: date = date.min,
) -> Table:
    """Income, expenses and result of each of the months or quarters *days*, with a chart; none of those before *begun*."""
    income, expenses = (_by_spell(given, kind, spell) for kind in ("income", "expense"))
    nothing, unknown = Amounts(), (None, None, None)
    rows: tuple[Row, ...] = tuple(
        (
            spell_label(words, spell, day),
            *(
                _difference(income.get(day, nothing).gross, expenses.get(day, nothing).gross)
                if day >= begun
                else unknown
            ),
        )
        for day in days
    )
    columns = (text(words, spell, wide=True), money(words, "income"), money(words, "expenses"), money(words, "result"))
    title = words.text(f"by_{spell}")
    heading = f"{words.text('income')} / {words.text('expenses')}"
    short = [short_label(words, spell, day) for day in days]
    drawn = chart(words, "bars", heading, columns, rows, ("income", "expenses"), short, currency)
    return Table(title=title, columns=columns, groups=(Group(rows),), currency=currency, chart=drawn)


def flow_table(words: Language, given: Sequence[Entry], spell: Spell, days: Sequence[date], currency: str) -> Table:
    """All money that came in and went out, whatever it was, in each of the months or quarters *days*."""
    flows = {day: (Decimal(0), Decimal(0)) for day in days}
    for entry in given:
        day, amount = spell_of(spell, entry.month), entry.moved
        came, went = flows[day]
        flows[day] = (came + amount, went) if entry.came_in else (came, went - amount)
    rows: tuple[Row, ...] = tuple((spell_label(words, spell, day), *_difference(*flow)) for day, flow in flows.items())
    columns = (
        text(words, spell, wide=True),
        money(words, "inflow"),
        money(words, "outflow"),
        money(words, "cash_net"),
    )
    short = [short_label(words, spell, day) for day in days]
    drawn = chart(words, "lines", words.text("cash_flow"), columns, rows, ("inflow", "outflow"), short, currency)
    return Table(
        title=words.text(f"by_{spell}"), columns=columns, groups=(Group(rows),), currency=currency, chart=drawn
    )


def vat_table(words: Language, given: Sequence[Entry], spell: Spell, days: Sequence[date], currency: str) -> Table:
    """VAT collected, VAT that was paid on purchases, what is due of it, and what was paid to the tax office."""
    collected, paid = (_by_spell(given, kind, spell) for kind in ("income", "expense"))
    settled = _by_spell([each for each in given if each.category == "vat_settlement"], "transfer", spell)
    nothing = Amounts()
    rows: tuple[Row, ...] = tuple(
        (
            spell_label(words, spell, day),
            *_difference(collected.get(day, nothing).tax, paid.get(day, nothing).tax),
            -settled.get(day, nothing).gross,
        )
        for day in days
    )
    columns = (
        text(words, spell, wide=True),
        money(words, "collected"),
        money(words, "input"),
        money(words, "balance_due"),
        money(words, "settled"),
    )
    short = [short_label(words, spell, day) for day in days]
    drawn = chart(words, "bars", words.text("taxes"), columns, rows, ("collected", "input"), short, currency)
    return Table(
        title=words.text(f"by_{spell}"), columns=columns, groups=(Group(rows),), currency=currency, chart=drawn
    )


def _by_spell(given: Sequence[Entry], kind: str, spell: Spell) -> dict[date, Amounts]:
    chosen = (entry for entry in given if entry.kind == kind)
    return totalled(chosen, lambda entry: spell_of(spell, entry.month))


def _difference(more: Decimal, less: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    return more, less, more - less
