"""What is odd and what isn't: each check on books made for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from advisorjobs.choices import Sensitivity
from advisorjobs.services.ai.anomalies.days import easter, is_holiday
from advisorjobs.services.ai.anomalies.detection import detect
from advisorjobs.services.ai.anomalies.looked_at import LookedAt
from advisorjobs.services.ai.books import Finding, Transaction
from advisorjobs.services.ai.wording import Wording

MONDAY, END = date(2026, 1, 5), date(2026, 12, 31)


class Book:
    """Transactions, each a line; ids count."""

    def __init__(self) -> None:
        self.lines: list[Transaction] = []

    def add(self, day: date, amount: str | int, party: str = "", text: str = "", category: str | None = None) -> str:
        self.lines.append(
            Transaction(
                id=f"t{len(self.lines)}",
                booked_on=day,
                amount=Decimal(amount),
                counterparty=party,
                description=text,
                category=category,
            )
        )
        return self.lines[-1].id

    def found(self, sensitivity: Sensitivity = "normal", start: date = MONDAY) -> list[Finding]:
        lines = sorted(self.lines, key=lambda each: (each.booked_on, each.id))
        return detect(LookedAt(lines, start, END, sensitivity, Wording("en")))


def checks(findings: Iterable[Finding]) -> list[str]:
    return [str(each.figures["check"]) for each in findings]


@pytest.fixture
def usual() -> Book:
    """A year's half of quiet bookings on working days: nothing in it is odd."""
    book = Book()
    for number in range(80):
        day = MONDAY + timedelta(days=7 * (number // 3) + 1 + number % 3)
        amount = f"-{100 + number * 7 % 29}.{number:02d}"
        book.add(day, amount, f"Supplier {'abcde'[number % 5]}", f"order {number}", "materials")
    return book


@pytest.mark.parametrize("sensitivity", ["low", "normal", "high"])
def test_quiet_books_have_no_findings(usual: Book, sensitivity: Sensitivity) -> None:
    assert usual.found(sensitivity) == []


def test_an_amount_far_from_its_counterpartys_is_found_with_the_usual_one(usual: Book) -> None:
    id_ = usual.add(date(2026, 6, 1), "-1234.00", "Supplier a", "order 99", "materials")
    (found,) = usual.found()

    assert checks([found]) == ["outlier_party_large"]
    assert found.transaction_ids == (id_,)
    assert found.severity == "high"
    assert found.reason.startswith("On 1 June 2026 Supplier a was booked with 1,234.00 EUR. In 16 other bookings")


def test_a_rare_counterpartys_amount_is_measured_by_its_category(usual: Book) -> None:
    usual.add(date(2026, 2, 3), "-1234.00", "Somebody", "order", "materials")

    assert checks(usual.found()) == ["outlier_category_large"]


def test_too_little_is_odd_only_when_looking_closely(usual: Book) -> None:
    usual.add(date(2026, 6, 1), "-11.00", "Supplier a", "order 99")

    assert checks(usual.found()) == []
    assert checks(usual.found("high")) == ["outlier_party_small"]


def test_the_same_payment_twice_within_days_is_found_by_sensitivity(usual: Book) -> None:
    usual.add(date(2026, 6, 1), "-77.10", "Tallow Ltd", "candles")
    usual.add(date(2026, 6, 5), "-77.10", "TALLOW LTD 2", "candles")

    assert [checks(usual.found(each)) for each in ("low", "normal", "high")] == [[], ["duplicate"], ["duplicate"]]


def test_a_daily_fee_and_two_invoices_of_one_amount_are_no_duplicates(usual: Book) -> None:
    for number in range(10):
        usual.add(date(2026, 6, 1) + timedelta(days=number % 5 + 7 * (number // 5)), "-3.20", "Ferry Line", "fare")
    usual.add(date(2026, 6, 1), "-77.10", "Tallow Ltd", "bill TS-20417")
    usual.add(date(2026, 6, 2), "-77.10", "Tallow Ltd", "bill TS-20418")

    assert checks(usual.found()) == []


def test_an_invoice_paid_twice_is_found_weeks_later(usual: Book) -> None:
    usual.add(date(2026, 6, 1), "-77.10", "Tallow Ltd", "bill TS-20417")
    usual.add(date(2026, 8, 3), "-77.10", "Tallow Ltd", "re TS 20417 reminder")
    (found,) = usual.found()

    assert (found.figures["check"], found.severity, found.figures["number"]) == ("paid_twice", "high", "TS20417")


MONTHLY = [date(2026, month, 28 if month == 2 else 30) for month in range(1, 12)]
FIFTHS = [date(2026, month, 5) for month in range(1, 12)]
WEEKLY = [MONDAY + timedelta(days=7 * number + 3) for number in range(12)]


@pytest.mark.parametrize("sensitivity", ["low", "normal", "high"])
@pytest.mark.parametrize(
    ("days", "party", "text"),
    [
        (MONTHLY, "Harbour Bank", "Loan 0000-88 instalment"),
        (FIFTHS, "Fleet & Co", "Leasing van NW-B 0041"),
        (FIFTHS[:3], "Fleet & Co", "Leasing van NW-B 0041"),
        (FIFTHS[:5] + FIFTHS[7:], "Fleet & Co", "Leasing van NW-B 0041"),
        (WEEKLY, "Linen Service", "contract LS-20417"),
        (WEEKLY[:3], "Linen Service", "contract LS-20417"),
    ],
)
def test_a_contracts_instalments_are_not_an_invoice_paid_twice(
    usual: Book, days: list[date], party: str, text: str, sensitivity: Sensitivity
) -> None:
    for day in days:
        usual.add(day, "-410.00", party, text)

    assert [each for each in checks(usual.found(sensitivity)) if each in ("duplicate", "paid_twice")] == []


@pytest.mark.parametrize("days_later", [0, 2, 14])
@pytest.mark.parametrize(("days", "text"), [(FIFTHS, "Leasing van NW-B 0041"), (MONTHLY, "Loan 0000-88 instalment")])
def test_an_instalment_that_is_paid_twice_in_a_month_is_found_once(
    usual: Book, days: list[date], text: str, days_later: int
) -> None:
    for day in days:
        usual.add(day, "-345.10", "Fleet & Co", text)
    extra = usual.add(days[4] + timedelta(days=days_later), "-345.10", "Fleet & Co", text)
    (found,) = (each for each in usual.found() if each.figures["check"] in ("duplicate", "paid_twice"))

    assert (found.figures["check"], found.figures["first"]) == ("duplicate", str(days[4]))
    assert extra in found.transaction_ids


def test_an_invoice_paid_twice_within_days_is_found_with_its_number(usual: Book) -> None:
    usual.add(date(2026, 6, 1), "-77.10", "Tallow Ltd", "Invoice TS-20417")
    usual.add(date(2026, 6, 3), "-77.10", "Tallow Ltd", "Invoice TS-20417")
    (found,) = usual.found()

    assert (found.figures["check"], found.figures["number"]) == ("paid_twice", "TS20417")


@pytest.mark.parametrize(
    ("first", "second", "number"),
    [
        ("Flour and grain 17004", "Flour and grain 17004", "17004"),
        ("inv 20417", "INV-20417", "INV20417"),
        ("Rg-20417", "bill RG 20417", "RG20417"),
    ],
)
def test_a_word_before_a_number_is_no_part_of_it(usual: Book, first: str, second: str, number: str) -> None:
    usual.add(date(2026, 6, 1), "-77.10", "Mill", first)
    usual.add(date(2026, 6, 22), "-77.10", "Mill", second)
    (found,) = usual.found()

    assert (found.figures["check"], found.figures["number"]) == ("paid_twice", number)


def test_a_months_name_is_no_invoice(usual: Book) -> None:
    usual.add(date(2026, 5, 4), "-77.10", "Landlord", "Rent May 2026")
    usual.add(date(2026, 6, 3), "-77.10", "Landlord", "Rent June 2026")

    assert checks(usual.found()) == []


def test_payments_split_under_a_limit_are_one_finding(usual: Book) -> None:
    ids = [usual.add(date(2026, 6, day), f"-{4_900 + day}", "Gable Works", f"part {day}") for day in (1, 2, 3)]
    splits = [each for each in usual.found() if each.figures["check"] == "split"]

    assert [each.transaction_ids for each in splits] == [tuple(ids)]
    assert (splits[0].figures["limit"], splits[0].figures["total"]) == ("5000", "14706")


def test_a_weekend_is_odd_where_nothing_is_ever_booked_on_one(usual: Book) -> None:
    usual.add(date(2026, 6, 6), "-105", "Supplier a", "order")
    usual.add(date(2026, 5, 1), "-105", "Supplier b", "order")

    assert set(checks(usual.found("high"))) == {"odd_day", "holiday"}


def test_a_weekend_is_nothing_where_business_is_done_on_them(usual: Book) -> None:
    for number in range(10):
        usual.add(date(2026, 1, 10) + timedelta(days=7 * number), 55 + number, "Till", "takings")

    assert checks(usual.found("high")) == []


def test_a_newcomer_that_gets_much_is_found_and_a_round_sum_too(usual: Book) -> None:
    usual.add(date(2026, 6, 1), "-5000", "Mallow Holdings", "advance")

    assert set(checks(usual.found())) == {"newcomer", "round_sum"}
    assert usual.found()[0].reason == (
        "On 1 June 2026 Mallow Holdings was paid 5,000.00 EUR, for the first time. 98.8% of all payments are smaller."
    )


def test_findings_are_about_the_period_alone(usual: Book) -> None:
    usual.add(date(2026, 6, 1), "-1234.00", "Supplier a", "order 99")

    assert usual.found(start=date(2026, 6, 2)) == []


def test_the_same_books_have_the_same_keys(usual: Book) -> None:
    usual.add(date(2026, 6, 1), "-1234.00", "Supplier a", "order 99")

    assert [each.key for each in usual.found()] == [each.key for each in usual.found("high") if "party" in each.key]


def test_easter_and_the_days_on_which_banks_are_closed() -> None:
    assert [easter(year) for year in (2024, 2025, 2026, 2038)] == [
        date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5), date(2038, 4, 25),
    ]  # fmt: skip
    assert is_holiday(date(2026, 4, 3))
    assert is_holiday(date(2026, 4, 6))
    assert not is_holiday(date(2026, 4, 7))
