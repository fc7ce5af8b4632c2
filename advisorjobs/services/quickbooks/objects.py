"""QuickBooks' objects as rows of the practice's tables: pure, money exact, nothing guessed.

Every row has `external_id` (the company's and the object's id), `version` (SyncToken) and `changed` (LastUpdatedTime), by
which an older state never overwrites a newer one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

__all__ = ["ROWS", "deleted", "newest", "rows_of"]

Object = Mapping[str, Any]
Row = dict[str, Any]

ACCOUNT_KINDS = MappingProxyType({"Bank": "bank", "Credit Card": "card"})
LATEST = 2**62
"""The version of a deletion, which nothing follows."""


def newest(objects: Iterable[Object]) -> list[Object]:
    """One state of each object, the newest of those that came."""
    best: dict[str, Object] = {}
    for each in objects:
        known = best.get(each["Id"])
        if known is None or _order(each) >= _order(known):
            best[each["Id"]] = each
    return list(best.values())


def deleted(item: Object) -> bool:
    """Whether change data capture says that it is gone."""
    return item.get("status") == "Deleted"


def rows_of(kind: str, items: Iterable[Object], realm: str, currency: str) -> list[Row]:
    """The rows of objects of *kind*; several of a payment that pays several invoices."""
    return [row for item in items for row in ROWS[kind](item, realm, currency)]


def _customer(item: Object, realm: str, currency: str) -> list[Row]:
    name = item.get("DisplayName") or item.get("FullyQualifiedName") or f"Customer {item['Id']}"
    return [
        {
            **_identity(item, realm),
            "name": _text(name),
            "email": _text(item.get("PrimaryEmailAddr", {}).get("Address")),
            "is_active": bool(item.get("Active", True)),
        }
    ]


def _account(item: Object, realm: str, currency: str) -> list[Row]:
    kind = item.get("AccountType") or "other"
    return [
        {
            **_identity(item, realm),
            "name": _text(item.get("FullyQualifiedName") or item.get("Name") or f"Account {item['Id']}"),
            "kind": ACCOUNT_KINDS.get(kind, _text(kind)),
            "currency": _currency(item, currency),
            "balance": _money(item.get("CurrentBalance")),
            "is_active": bool(item.get("Active", True)),
        }
    ]


def _invoice(item: Object, realm: str, currency: str) -> list[Row]:
    total, tax = _amount(item.get("TotalAmt")), _amount(item.get("TxnTaxDetail", {}).get("TotalTax"))
    balance = _amount(item.get("Balance"))
    customer = item.get("CustomerRef", {})
    return [
        {
            **_identity(item, realm),
            "customer": f"{realm}:{customer['value']}" if customer.get("value") else None,
            "number": _text(item.get("DocNumber") or item["Id"]),
            "party_name": _text(customer.get("name") or "unnamed customer"),
            "party_email": _text(item.get("BillEmail", {}).get("Address")),
            "issued_on": item["TxnDate"],
            "due_on": item.get("DueDate") or item["TxnDate"],
            "currency": _currency(item, currency),
            "net": str(total - tax),
            "tax": str(tax),
            "total": str(total),
            "paid": str(total - balance),
            "status": _status(item, total, balance),
            "payment_url": _text(item.get("InvoiceLink")),
        }
    ]


def _status(item: Object, total: Decimal, balance: Decimal) -> str:
    """A voided invoice is one of nothing with "Voided" in its note: so Intuit documents `operation=void`."""
    if total == 0 and "voided" in (item.get("PrivateNote") or "").lower():
        return "void"
    return "paid" if balance <= 0 else "open"


def _payment(item: Object, realm: str, currency: str) -> list[Row]:
    """A row per invoice that it pays, and one for what is left over; of nothing, a row that removes those of before.

    The rows sum up to the payment: where a credit note helps to pay, what is left over is negative.
    """
    shares: dict[str | None, Decimal] = defaultdict(Decimal)
    for line in item.get("Line", ()):
        for linked in line.get("LinkedTxn", ()):
            if linked.get("TxnType") == "Invoice":
                shares[linked["TxnId"]] += _amount(line.get("Amount"))
    total = _amount(item.get("TotalAmt"))
    rest = total - sum(shares.values())
    if rest or not shares:
        shares[None] = rest
    identity = _identity(item, realm)
    return [
        {
            **identity,
            "payment": identity["external_id"],
            "external_id": f"{identity['external_id']}:{invoice or ''}",
            "invoice": f"{realm}:{invoice}" if invoice else None,
            "paid_on": item.get("TxnDate"),
            "amount": str(amount),
            "currency": _currency(item, currency),
        }
        for invoice, amount in shares.items()
    ]


ROWS: Mapping[str, Callable[[Object, str, str], list[Row]]] = MappingProxyType(
    {"customers": _customer, "accounts": _account, "invoices": _invoice, "payments": _payment}
)


def _identity(item: Object, realm: str) -> Row:
    version = LATEST if deleted(item) else int(item.get("SyncToken") or 0)
    return {"external_id": f"{realm}:{item['Id']}", "version": version, "changed": _changed(item)}


def _changed(item: Object) -> str:
    return str(item.get("MetaData", {}).get("LastUpdatedTime") or "-infinity")


def _order(item: Object) -> tuple[int, str]:
    return (LATEST if deleted(item) else int(item.get("SyncToken") or 0)), _changed(item)


def _currency(item: Object, currency: str) -> str:
    return str(item.get("CurrencyRef", {}).get("value") or currency)


def _amount(value: Any) -> Decimal:
    return Decimal(str(value or 0)).quantize(Decimal("0.01"))


def _money(value: Any) -> str | None:
    return None if value is None else str(_amount(value))


def _text(value: Any) -> str | None:
    """PostgreSQL keeps no NUL."""
    return str(value).replace("\0", "\ufffd") if value else None
