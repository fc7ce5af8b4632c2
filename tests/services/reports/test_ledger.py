"""Sums as income, expenses and movements, and the arithmetic of periods and shares."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from advisorjobs.services.reports.books import Sum
from advisorjobs.services.reports.drawing import drawing, nice_step
from advisorjobs.services.reports.language import language
from advisorjobs.services.reports.ledger import deductible, entries, in_order, months, percent, quarter_start
from tests.services.reports.sample import chart_of


def summed(category: str | None, amount: str, tax: str = "0") -> Sum:
    return Sum("EUR", date(2024, 3, 1), category, Decimal(amount) >= 0, 1, Decimal(amount), Decimal(tax))


def test_kinds_come_from_the_category_and_without_one_from_the_sign() -> None:
    given = [
        summed("rent", "-10"),
        summed("rent", "2"),
        summed(None, "-3"),
        summed("nonsense", "4"),
        summed("owner", "-5"),
    ]

    assert [(each.kind, each.category, each.amounts.gross) for each in entries(given)] == [
        ("expense", "rent", Decimal(10)),
        ("expense", "rent", Decimal(-2)),
        ("expense", None, Decimal(3)),
        ("income", None, Decimal(4)),
        ("transfer", "owner", Decimal(-5)),
    ]


def test_what_is_deductible_is_rounded_half_up_to_the_cent() -> None:
    assert deductible(Decimal("10.05"), "meals") == Decimal("7.04")  # 7.035
    assert deductible(Decimal("10.05"), "rent") == Decimal("10.05")
    assert deductible(Decimal("10.05"), "business_tax") == Decimal("0.00")
    assert deductible(Decimal("10.05"), None) == Decimal("0.00")


def test_periods() -> None:
    assert months(date(2023, 11, 30), date(2024, 2, 1), ()) == [
        date(2023, 11, 1), date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1),
    ]  # fmt: skip
    assert months(date(1990, 1, 1), date(2024, 1, 1), [date(2001, 5, 1)]) == [date(2001, 5, 1)]
    assert [quarter_start(date(2024, month, 5)).month for month in (1, 3, 4, 12)] == [1, 1, 4, 10]


def test_shares_and_order() -> None:
    assert percent(Decimal(1), Decimal(3)) == Decimal("33.3")
    assert percent(Decimal(1), Decimal(0)) is None
    assert in_order({None, "rent", "sales"}) == ["sales", "rent", None]


def test_an_axis_has_round_steps_and_holds_every_bar() -> None:
    drawn = drawing(chart_of("-130.00", "870.00", "0.00"), language("en"))

    assert [tick.label for tick in drawn.ticks] == ["−250", "0", "250", "500", "750", "1,000"]
    assert drawn.zero == 0.2
    assert all(0 <= point <= 1 for line in drawn.lines for point in line.points)
    assert nice_step(Decimal("0.3")) == Decimal("0.5")
    assert nice_step(Decimal(0)) == Decimal("0.01")
