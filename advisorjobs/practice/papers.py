"""The pile of paper that the invented clients bring: what each document says, drawn from the practice's own figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from advisorjobs.practice.invented import ARRIVING
from advisorjobs.practice.rows import Firm, Transaction

__all__ = ["Paper", "papers"]

BANK = ("Third Moon Savings Bank", ("1 Orbit Street", "00100 Far Side"))
TERMS = timedelta(days=14)
BILLS = (("bakery", "Old Sail Mill", "#7a4a1e"), ("shop", "Bobbin Imports", "#5b2a6e"))
SCANNED_BILL = ("plumber", "Copper & Sons Wholesale", "#8a3b12")
FUEL = ("plumber", "Filling Station Last Drop")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One document. `template` is templates/practice/*.typ, `says` its text; `scanned`: as a copier shows it, a JPEG."""

    file_name: str
    client_id: str
    template: str
    says: Mapping[str, Any]
    scanned: bool = False


def papers(firm: Firm) -> tuple[Paper, ...]:
    """The newest bills of three suppliers, an invoice that a client has written, a receipt, and the bank statement."""
    return (
        *(_bill(firm, *each) for each in BILLS),
        _bill(firm, *SCANNED_BILL, scanned=True),
        _own_invoice(firm),
        _receipt(firm),
        _statement(firm),
    )


def _bill(firm: Firm, client_id: str, supplier: str, ink: str, *, scanned: bool = False) -> Paper:
    paid = _newest(firm, client_id, supplier)
    client, words = firm.client(client_id), paid.description.split()
    text, number = " ".join(words[:-1]), words[-1]
    issued = paid.booked_on - timedelta(days=3)
    says = {
        "heading": "Invoice",
        "ink": ink,
        "issuer": supplier,
        "issuer_address": ["9 Quay of Goods", "00140 Nowhere"],
        "iban": "DE00 0000 0000 0000 0099 99",
        "customer": client.name,
        "customer_address": client.address,
        "number": number,
        "issued": _long(issued),
        "due": _long(issued + TERMS),
        "lines": [{"text": text, "amount": _money(paid.tax - paid.amount)}],
        **_sums(-paid.amount, -paid.tax),
        "note": f"Payable by {_long(issued + TERMS)}. Thank you for your order.",
    }
    name = f"{_slug(supplier)}-{number}.{'jpg' if scanned else 'pdf'}"
    return Paper(file_name=name, client_id=client_id, template="invoice", says=says, scanned=scanned)


def _own_invoice(firm: Firm) -> Paper:
    invoice = max(
        (each for each in firm.invoices if each.client_id == ARRIVING),
        key=lambda each: (len(each.lines), each.issued_on),
    )
    client = firm.client(ARRIVING)
    says = {
        "heading": "Invoice",
        "ink": "#1d5c4f",
        "issuer": client.name,
        "issuer_address": client.address,
        "iban": _iban(firm.account_of(ARRIVING).number),
        "customer": invoice.party_name,
        "customer_address": ["5 Customer Square", "00150 Nowhere"],
        "number": invoice.number,
        "issued": _long(invoice.issued_on),
        "due": _long(invoice.due_on),
        "lines": [{"text": text, "amount": _money(net)} for text, net in invoice.lines],
        **_sums(invoice.total, invoice.tax),
        "note": f"Payable by {_long(invoice.due_on)}.",
    }
    return Paper(file_name=f"{invoice.number}.pdf", client_id=ARRIVING, template="invoice", says=says)


def _receipt(firm: Firm) -> Paper:
    paid = _newest(firm, *FUEL)
    number = paid.description.split()[-1]
    says = {
        "issuer": paid.counterparty,
        "issuer_address": ["Ring Road 1", "00128 Nowhere"],
        "number": number,
        "issued": paid.booked_on.strftime("%d/%m/%Y"),
        "time": "07:42",
        "lines": [{"text": "Diesel", "amount": _money(-paid.amount)}],
        **_sums(-paid.amount, -paid.tax),
    }
    return Paper(
        file_name=f"receipt-{number}.jpg", client_id=paid.client_id, template="receipt", says=says, scanned=True
    )


def _statement(firm: Firm) -> Paper:
    client, account = firm.client(ARRIVING), firm.account_of(ARRIVING)
    opening = firm.balance(ARRIVING)
    last = firm.arriving[-1].booked_on
    says = {
        "issuer": BANK[0],
        "issuer_address": BANK[1],
        "customer": client.name,
        "customer_address": client.address,
        "issued": _long(last),
        "number": last.strftime("%Y/%m"),
        "iban": _iban(account.number),
        "currency": account.currency,
        "rows": list(_statement_rows(firm.arriving, opening)),
    }
    name = f"statement-{last.strftime('%Y-%m')}.pdf"
    return Paper(file_name=name, client_id=ARRIVING, template="statement", says=says)


def _statement_rows(lines: Sequence[Transaction], opening: Decimal) -> Iterator[Mapping[str, str]]:
    first, last, balance = lines[0].booked_on.replace(day=1), lines[-1].booked_on, opening
    yield _statement_row(first, "Opening balance", None, balance)
    for line in lines:
        balance += line.amount
        yield _statement_row(line.booked_on, f"{line.counterparty} {line.description}", line.amount, balance)
    yield _statement_row(last, "Closing balance", None, balance)


def _statement_row(day: date, text: str, amount: Decimal | None, balance: Decimal) -> Mapping[str, str]:
    moved = _money(abs(amount)) if amount is not None else ""
    paid_in = amount is not None and amount > 0
    return {
        "day": day.strftime("%d/%m/%Y"),
        "text": text,
        "paid_out": "" if paid_in else moved,
        "paid_in": moved if paid_in else "",
        "balance": _money(balance),
    }


def _newest(firm: Firm, client_id: str, party: str) -> Transaction:
    """The newest ordinary payment to *party*: nothing that was planted."""
    planted = {each for odd in firm.oddities for each in odd.transaction_ids}
    found = (each for each in firm.books(client_id) if each.counterparty == party and each.id not in planted)
    return max(found, key=lambda each: (each.booked_on, each.id))


def _sums(total: Decimal, tax: Decimal) -> Mapping[str, str]:
    net = total - tax
    rate = min((Decimal(19), Decimal(7), Decimal(0)), key=lambda each: abs(net * each / 100 - tax))
    return {"net": _money(net), "tax": _money(tax), "total": _money(total), "rate": f"{rate} %"}


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _long(day: date) -> str:
    return f"{day.day} {day.strftime('%B %Y')}"


def _iban(number: str) -> str:
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def _slug(name: str) -> str:
    return "-".join("".join(each if each.isalnum() else " " for each in name.lower()).split())
