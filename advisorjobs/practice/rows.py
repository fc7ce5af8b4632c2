"""The rows of an invented practice, named as the tables' columns (migrations/0100_practice.sql). Money is Decimal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

__all__ = [
    "Account",
    "Channel",
    "Client",
    "Connection",
    "Customer",
    "Firm",
    "Invoice",
    "Member",
    "Oddity",
    "Organization",
    "Payment",
    "Task",
    "Transaction",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    id: str
    name: str
    email: str
    time_zone: str
    language: str = "en"
    currency: str = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    id: str
    name: str
    email: str
    role: str = "member"
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    id: str
    kind: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """`address` is for the documents that are drawn; no table has it."""

    id: str
    name: str
    email: str
    currency: str = "EUR"
    address: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """`number` is its IBAN, by which a bank statement finds it."""

    id: str
    client_id: str
    name: str
    number: str
    opening_balance: Decimal
    kind: str = "bank"
    currency: str = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """`category` is None where nobody has sorted it yet; `truth` is what a person would call it, and in no table."""

    id: str
    client_id: str
    account_id: str
    booked_on: date
    amount: Decimal
    tax: Decimal
    counterparty: str
    description: str
    truth: str
    category: str | None = None
    currency: str = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    id: str
    client_id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """`lines` (text, net) add up to `net`; no table has them, the drawn document shows them. `external_id`: Stripe's."""

    id: str
    client_id: str
    customer_id: str | None
    number: str
    party_name: str
    party_email: str
    issued_on: date
    due_on: date
    net: Decimal
    tax: Decimal
    total: Decimal
    paid: Decimal
    status: str
    reminder_level: int = 0
    reminded_on: date | None = None
    kind: str = "sale"
    currency: str = "EUR"
    source: str = "manual"
    external_id: str | None = None
    lines: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    id: str
    client_id: str
    invoice_id: str
    paid_on: date
    amount: Decimal
    currency: str = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    id: str
    client_id: str | None
    title: str
    description: str | None
    assignee_id: str | None
    due_on: date | None
    status: str = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A service that the firm is connected with. `secrets` are sealed (services/secrets.py)."""

    service: str
    account: str
    client_id: str | None
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """What was planted for a detector to find. `kind`: duplicate, split, weekend or outlier."""

    client_id: str
    kind: str
    transaction_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """One organization with everything of its. `arriving`: booked by the bank, and in the books only when the bank
    statement that lists them has been read."""

    organization: Organization
    members: tuple[Member, ...]
    channels: tuple[Channel, ...]
    clients: tuple[Client, ...]
    accounts: tuple[Account, ...]
    transactions: tuple[Transaction, ...]
    customers: tuple[Customer, ...]
    invoices: tuple[Invoice, ...]
    payments: tuple[Payment, ...]
    tasks: tuple[Task, ...]
    connections: tuple[Connection, ...]
    oddities: tuple[Oddity, ...]
    arriving: tuple[Transaction, ...] = ()

    def client(self, client_id: str) -> Client:
        return next(each for each in self.clients if each.id == client_id)

    def account_of(self, client_id: str) -> Account:
        return next(each for each in self.accounts if each.client_id == client_id)

    def books(self, client_id: str) -> tuple[Transaction, ...]:
        """The client's transactions, oldest first, without those that are still arriving."""
        return tuple(each for each in self.transactions if each.client_id == client_id)

    def balance(self, client_id: str) -> Decimal:
        """What is in the client's account by the books."""
        return self.account_of(client_id).opening_balance + total(each.amount for each in self.books(client_id))

    @property
    def truth(self) -> Mapping[str, str]:
        """Transaction id → the category that a person would choose."""
        return {each.id: each.truth for each in (*self.transactions, *self.arriving)}


def total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal("0.00"))
