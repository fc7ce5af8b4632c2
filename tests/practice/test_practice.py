"""The invented practice: the same for everybody, in itself without contradiction, and the same again from the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from advisorjobs.practice.chance import working_day
from advisorjobs.practice.invented import ARRIVING, invented_practice
from advisorjobs.practice.rows import Firm, Oddity, Transaction, total
from advisorjobs.practice.storing import remove_firm, store_firm
from advisorjobs.services.books.categories import categories
from advisorjobs.tenancy.scope import scope

TODAY = date(2026, 11, 28)
DAYS = (TODAY, date(2026, 11, 1), date(2028, 2, 29), date(2027, 1, 1), date(2027, 3, 31))


@pytest.fixture(scope="module")
def firm() -> Firm:
    return invented_practice(7, TODAY)[0]


def oddities(firm: Firm) -> Iterator[tuple[Oddity, list[Transaction]]]:
    by_id = {each.id: each for each in firm.transactions}
    return ((odd, [by_id[each] for each in odd.transaction_ids]) for odd in firm.oddities)


def test_a_seed_and_a_day_make_one_practice(firm: Firm) -> None:
    assert invented_practice(7, TODAY)[0] == firm
    assert invented_practice(8, TODAY)[0] != firm


@pytest.mark.parametrize("today", DAYS)
def test_the_books_cover_over_a_year_and_end_yesterday(today: date) -> None:
    for firm in invented_practice(7, today):
        for client in firm.clients:
            days = [each.booked_on for each in firm.books(client.id)]
            assert min(days) < today - timedelta(days=365)
            assert max(days) < today
        assert {each.kind for each in firm.oddities} == {"duplicate", "split", "weekend", "outlier"}


def test_money_is_whole_cents_and_no_account_is_overdrawn(firm: Firm) -> None:
    for client in firm.clients:
        balance = firm.account_of(client.id).opening_balance
        for each in firm.books(client.id):
            balance += each.amount
            assert each.amount.as_tuple().exponent == each.tax.as_tuple().exponent == -2
            assert balance > 0
        assert balance == firm.balance(client.id)


def test_each_payment_of_an_invoice_is_a_line_at_the_bank(firm: Firm) -> None:
    lines = {each.description: each.amount for each in (*firm.transactions, *firm.arriving)}
    paid = {each.id: each for each in firm.invoices if each.status == "paid"}
    listed = max(each.booked_on for each in firm.arriving)

    assert {each.invoice_id for each in firm.payments} == paid.keys()
    for payment in firm.payments:
        invoice = paid[payment.invoice_id]
        assert payment.amount == invoice.paid == invoice.total
        unlisted = invoice.client_id == ARRIVING and payment.paid_on > listed  # by no bank statement yet
        assert unlisted or lines[f"Invoice {invoice.number}"] == invoice.paid
    assert total(each.amount for each in firm.payments) == total(each.paid for each in firm.invoices)


def test_invoices_add_up_and_are_numbered_by_their_day(firm: Firm) -> None:
    for each in firm.invoices:
        assert total(net for _, net in each.lines) == each.net
        assert each.net + each.tax == each.total
    for client in firm.clients:
        numbers = [each.number for each in firm.invoices if each.client_id == client.id]
        assert numbers == sorted(numbers)
        assert len(set(numbers)) == len(numbers)


def test_some_invoices_are_overdue_for_each_level_of_reminding(firm: Firm) -> None:
    overdue = {each.reminder_level for each in firm.invoices if each.status == "open" and each.due_on < TODAY}
    assert overdue == {0, 1, 2, 3}


def test_vat_is_paid_for_each_month_as_its_lines_have_it(firm: Firm) -> None:
    books = firm.books("bakery")
    for line in (each for each in books if each.truth == "vat_settlement"):
        month = line.description.removeprefix("VAT ")
        assert line.amount == -total(each.tax for each in books if each.booked_on.isoformat().startswith(month))


def test_only_the_planted_transfer_is_booked_on_a_day_without_banking(firm: Firm) -> None:
    for odd, rows in oddities(firm):
        match odd.kind:
            case "duplicate":
                assert len({(each.amount, each.counterparty, each.description) for each in rows}) == 1
                assert len(rows) == 2
            case "split":
                assert all(Decimal(-1000) < each.amount < 0 for each in rows)
                assert len({(each.booked_on, each.counterparty) for each in rows}) == 1
            case "weekend":
                assert rows[0].booked_on.weekday() == 6
    planted = {each for odd, _ in oddities(firm) if odd.kind == "weekend" for each in odd.transaction_ids}
    assert {each.id for each in firm.transactions if working_day(each.booked_on) != each.booked_on} == planted


def test_categories_are_those_of_the_books_and_the_newest_are_unsorted(firm: Firm) -> None:
    assert set(firm.truth.values()) <= categories().keys()
    assert all(each.category in {None, each.truth} for each in firm.transactions)
    assert not any(each.category for each in firm.transactions if TODAY - each.booked_on < timedelta(days=45))
    assert sum(each.category is not None for each in firm.transactions) > len(firm.transactions) / 2


def test_the_arriving_month_follows_the_books(firm: Firm) -> None:
    assert {each.client_id for each in firm.arriving} == {ARRIVING}
    assert {each.booked_on.month for each in firm.arriving} == {10}
    assert max(each.booked_on for each in firm.books(ARRIVING)) < min(each.booked_on for each in firm.arriving)


def test_what_is_stored_is_the_practice_and_only_its_firm_sees_it(connection: psycopg.Connection[Any]) -> None:
    firms = invented_practice(7, TODAY)
    for firm in firms:
        store_firm(connection, firm)
    for firm in firms:
        with scope(connection, firm.organization.id):
            found = connection.execute(
                "SELECT client_id, count(*), sum(amount), sum(tax), count(category) FROM practice_transactions"
                " GROUP BY client_id"
            ).fetchall()
            billed = connection.execute("SELECT sum(total), sum(paid), count(*) FROM practice_invoices").fetchone()
        expected = {
            (
                client.id,
                len(books := firm.books(client.id)),
                total(each.amount for each in books),
                total(each.tax for each in books),
                sum(each.category is not None for each in books),
            )
            for client in firm.clients
        }
        assert set(found) == expected
        assert billed == (
            total(each.total for each in firm.invoices),
            total(each.paid for each in firm.invoices),
            len(firm.invoices),
        )


def test_a_firm_is_taken_away_whole_and_can_be_stored_again(connection: psycopg.Connection[Any]) -> None:
    firm, other = invented_practice(7, TODAY)
    for each in (firm, other):
        store_firm(connection, each)
    remove_firm(connection, firm.organization.id)
    store_firm(connection, firm)
    remove_firm(connection, firm.organization.id)

    left = "SELECT organization_id, count(*) FROM practice_transactions GROUP BY organization_id"
    assert connection.execute(left).fetchall() == [(other.organization.id, len(other.transactions))]
