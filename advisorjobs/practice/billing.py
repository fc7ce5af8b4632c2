"""A client's own invoices: paid, open, and overdue for as many days as each level of reminding wants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from advisorjobs.practice.chance import Chance, cents, months, working_day
from advisorjobs.practice.movements import Movement
from advisorjobs.practice.rows import Customer, Invoice, Payment, total
from advisorjobs.practice.trades import Sales, Trade

__all__ = ["Billing", "billing", "mailbox"]

OVERDUE = ((4, 0), (12, 1), (25, 2), (45, 3))
"""Days past due, and how often the customer was reminded."""


@dataclass(frozen=True, slots=True)
class Billing:
    """`income`: what the payments are at the bank."""

    customers: tuple[Customer, ...]
    invoices: tuple[Invoice, ...]
    payments: tuple[Payment, ...]
    income: tuple[Movement, ...]


def billing(trade: Trade, chance: Chance, first: date, today: date) -> Billing:
    """The invoices from *first* on and the payments that came, both until the day before *today*."""
    customers = tuple(
        Customer(id=f"{trade.id}-c{n}", client_id=trade.id, name=name, email=mailbox(name))
        for n, name in enumerate(trade.sales.customers, 1)
    )
    drafts = sorted(_drafts(trade, chance, customers, first, today), key=lambda each: each[0].issued_on)
    invoices, payments, income = [], [], []
    for number, (draft, paid_on) in enumerate(drafts, 1):
        name = f"{trade.prefix}-{draft.issued_on.year}-{number:03}"
        invoice = replace(draft, id=f"{trade.id}-i{number:03}", number=name)
        if paid_on is not None and paid_on < today:
            invoice = replace(invoice, paid=invoice.total, status="paid")
            payments.append(_payment(invoice, paid_on))
            income.append(_income(trade, invoice, paid_on))
        invoices.append(invoice)
    return Billing(customers, tuple(invoices), tuple(payments), tuple(income))


def mailbox(name: str) -> str:
    """An address that can't exist: of the domain that is kept for examples (RFC 2606)."""
    letters = "".join(each for each in name.lower() if each.isascii() and each.isalnum())
    return f"accounts@{letters}.example"


def _drafts(
    trade: Trade, chance: Chance, customers: Sequence[Customer], first: date, today: date
) -> Iterator[tuple[Invoice, date | None]]:
    """Invoices without number, each with the day on which it is paid; those of OVERDUE are paid by nobody."""
    sales = trade.sales
    for month in months(first, today):
        for _ in range(round(sales.times * sales.season[month.month - 1])):
            issued = working_day(month + timedelta(days=chance.whole(0, 26)))
            paid_on = working_day(issued + timedelta(days=chance.whole(3, max(4, sales.terms - 3))))
            draft = _draft(trade, chance, chance.choice(customers), issued)
            if issued < today:
                yield draft, paid_on
    for number, (days, level) in enumerate(OVERDUE):
        due = today - timedelta(days=days)
        draft = _draft(trade, chance, customers[number % len(customers)], due - timedelta(days=sales.terms))
        reminded = due + timedelta(days=(0, 3, 14, 30)[level]) if level else None
        yield replace(draft, reminder_level=level, reminded_on=reminded), None


def _draft(trade: Trade, chance: Chance, customer: Customer, issued: date) -> Invoice:
    sales = trade.sales
    lines = _lines(sales, chance)
    net = total(amount for _, amount in lines)
    tax = cents(net * sales.rate)
    return Invoice(
        id="",
        client_id=trade.id,
        customer_id=customer.id,
        number="",
        party_name=customer.name,
        party_email=customer.email,
        issued_on=issued,
        due_on=issued + timedelta(days=sales.terms),
        net=net,
        tax=tax,
        total=net + tax,
        paid=Decimal("0.00"),
        status="open",
        lines=lines,
    )


def _lines(sales: Sales, chance: Chance) -> tuple[tuple[str, Decimal], ...]:
    """One to three lines whose sum is between low and high."""
    net, count = chance.money(sales.low, sales.high), chance.whole(1, 3)
    works = [sales.work[(chance.whole(0, 99) + n) % len(sales.work)] for n in range(count)]
    shares = [cents(net / (count + 1)) for _ in range(count - 1)]
    amounts = [net - total(shares), *shares]
    return tuple(zip(dict.fromkeys(works), amounts, strict=False)) if len(set(works)) == count else ((works[0], net),)


def _payment(invoice: Invoice, day: date) -> Payment:
    identity = invoice.id.replace("-i", "-p")
    return Payment(id=identity, client_id=invoice.client_id, invoice_id=invoice.id, paid_on=day, amount=invoice.total)


def _income(trade: Trade, invoice: Invoice, day: date) -> Movement:
    return Movement(
        day=day,
        amount=invoice.total,
        tax=invoice.tax,
        party=invoice.party_name,
        text=f"Invoice {invoice.number}",
        category=trade.sales.category,
    )
