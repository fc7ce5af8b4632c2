"""The forecast: what recurs, what is due, what usually happens, and whether its intervals hold."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from advisorjobs.services.ai.books import Invoice, Transaction
from advisorjobs.services.ai.forecast.balance import forecast
from advisorjobs.services.ai.forecast.recurring import recurring
from ops.ai_figures import TODAY, coverage, firm


def line(day: date, amount: str | int, party: str) -> Transaction:
    return Transaction(id=f"{party}{day}{amount}", booked_on=day, amount=Decimal(amount), counterparty=party)


def bill(number: int, due: date, total: int, *, paid_on: date | None = None, kind: str = "sale") -> Invoice:
    return Invoice(
        id=str(number), kind=kind, number=str(number), party_name="Rook", issued_on=due - timedelta(days=30), due_on=due,
        currency="EUR", net=Decimal(total), tax=Decimal(0), total=Decimal(total), paid=Decimal(total if paid_on else 0),
        status="paid" if paid_on else "open", paid_on=paid_on,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("days", "rhythm", "due"),
    [
        ([date(2026, 1, 1), date(2026, 2, 2), date(2026, 3, 1)], "month", [date(2026, 4, 1), date(2026, 5, 1)]),
        ([date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28)], "month", [date(2026, 3, 31), date(2026, 4, 30)]),
        ([date(2026, 3, 10), date(2026, 3, 17), date(2026, 3, 24)], "week", None),
        ([date(2025, 7, 1), date(2025, 10, 1), date(2026, 1, 2)], "quarter", [date(2026, 4, 1)]),
        ([date(2023, 6, 1), date(2024, 6, 3), date(2025, 6, 2)], "year", []),
        ([date(2026, 1, 1), date(2026, 1, 9), date(2026, 3, 1)], None, None),
        ([date(2025, 6, 1), date(2025, 7, 1), date(2025, 8, 1)], None, None),
        ([date(2026, 2, 1), date(2026, 3, 1)], None, None),
    ],
)
def test_what_recurs_is_known_by_its_rhythm(days: list[date], rhythm: str | None, due: list[date] | None) -> None:
    today = date(2026, 3, 30)
    found = recurring([line(day, -700, "Hall Estates") for day in days], today)

    assert [each.rhythm.name for each in found] == ([rhythm] if rhythm else [])
    if due is not None:
        assert list(found[0].due(today, date(2026, 5, 20))) == due


def test_what_should_have_come_is_expected_the_next_day() -> None:
    today = date(2026, 4, 3)
    (found,) = recurring([line(date(2026, month, 1), -700, "Hall Estates") for month in (1, 2, 3)], today)

    assert list(found.due(today, date(2026, 5, 20))) == [date(2026, 4, 4), date(2026, 5, 1)]


def test_one_suppliers_two_subscriptions_are_two() -> None:
    lines = [
        line(date(2026, month, day), -amount, "Host") for month in (1, 2, 3) for day, amount in ((3, 20), (12, 400))
    ]
    found = recurring(lines, date(2026, 3, 20))

    assert [(each.amount, each.rhythm.name) for each in found] == [(-400, "month"), (-20, "month")]


def test_known_invoices_alone_give_an_exact_balance() -> None:
    invoices = [bill(1, TODAY + timedelta(days=5), 300), bill(2, TODAY + timedelta(days=5), 100, kind="purchase")]
    invoices += [bill(3, TODAY - timedelta(days=200), 999)]
    seen = forecast([], invoices, today=TODAY, days=60, confidence=0.9, opening=Decimal(50))

    assert (seen.method, len(seen.counted), len(seen.doubtful)) == ("known_only", 2, 1)
    assert (seen.points[3].expected, seen.points[-1].expected) == (50, 250)
    assert seen.lowest.expected <= 50


def test_open_invoices_are_not_counted_beside_the_usual_income_that_they_are() -> None:
    past = [
        line(TODAY - timedelta(days=back), 1_000 + back % 13, f"C{'abcdefghij'[back % 10]}")
        for back in range(1, 300, 3)
    ]
    paid = [bill(back, each.booked_on, int(each.amount), paid_on=each.booked_on) for back, each in enumerate(past)]
    still_open = [bill(1_000 + ahead, TODAY + timedelta(days=ahead), 1_006) for ahead in range(2, 31, 3)]
    plain = forecast(past, [], today=TODAY, days=90, confidence=0.8, opening=Decimal(0))
    known = forecast(past, paid + still_open, today=TODAY, days=90, confidence=0.8, opening=Decimal(0))

    assert float(known.points[-1].expected) == pytest.approx(float(plain.points[-1].expected), rel=0.1)
    assert known.points[25].high - known.points[25].low < Decimal("1.2") * (
        plain.points[25].high - plain.points[25].low
    )


def test_the_same_books_give_the_same_figures() -> None:
    past = list(firm(1, 200, 0))
    first, second = (
        forecast(past, [], today=TODAY, days=30, confidence=0.8, opening=Decimal(100), seed="c1") for _ in range(2)
    )

    assert first == second
    assert first.method == "regression"


def test_a_wider_confidence_gives_a_wider_interval_and_the_mark_a_probability() -> None:
    past = list(firm(2, 200, 0))
    narrow, wide = (
        forecast(past, [], today=TODAY, days=30, confidence=each, opening=Decimal(0), warn_below=Decimal(-(10**6)))
        for each in (0.5, 0.95)
    )

    assert wide.points[-1].low < narrow.points[-1].low < narrow.points[-1].high < wide.points[-1].high
    assert (narrow.below, narrow.below_on) == (0.0, None)


def test_few_bookings_are_said_to_be_few() -> None:
    past = [line(TODAY - timedelta(days=5 * back), 90 + back, f"C{back}") for back in range(6)]

    assert forecast(past, [], today=TODAY, days=30, confidence=0.8, opening=Decimal(0)).method == "few_data"


def test_the_intervals_hold_about_as_often_as_they_say() -> None:
    found = coverage(365, 0.8, firms=20, horizons=(30, 60, 90))
    mean = sum(found.values()) / len(found)

    assert 0.65 <= mean <= 0.97
