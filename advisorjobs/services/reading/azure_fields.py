"""What the service's prebuilt models call the fields of a document, and their values in our own form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

__all__ = ["PREBUILT", "fields_of"]

PREBUILT: Mapping[str, str] = {
    "invoice": "prebuilt-invoice",
    "receipt": "prebuilt-receipt",
    "tax_form": "prebuilt-tax.us.w2",
}
"""Document type → the model that draws out its fields."""

_FIELDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "invoice": {
        "issuer": ("VendorName",),
        "number": ("InvoiceId",),
        "date": ("InvoiceDate",),
        "net": ("SubTotal",),
        "tax": ("TotalTax",),
        "total": ("InvoiceTotal", "AmountDue"),
    },
    "receipt": {
        "issuer": ("MerchantName",),
        "date": ("TransactionDate",),
        "net": ("Subtotal",),
        "tax": ("TotalTax", "Tax"),
        "total": ("Total",),
    },
    "tax_form": {
        "issuer": ("Employer.Name",),
        "tax": ("FederalIncomeTaxWithheld",),
        "total": ("WagesTipsAndOtherCompensation",),
    },
}
_ITEM_FIELDS: Mapping[str, tuple[str, ...]] = {
    "description": ("Description",),
    "quantity": ("Quantity",),
    "unit_price": ("UnitPrice", "Price"),
    "amount": ("Amount", "TotalPrice"),
    "date": ("Date",),
}
_AMOUNTS = frozenset({"net", "tax", "total", "unit_price", "amount"})
_CENT = Decimal("0.01")


def fields_of(kind: str, result: Any) -> dict[str, Any]:
    """The fields of the first document in *result*, as `Reading.fields` holds them: name → value and confidence, and
    `lines`. Empty where the model found no document of its kind."""
    documents = result.documents or ()
    if not documents:
        return {}
    found = documents[0].fields or {}
    fields: dict[str, Any] = {}
    for name, names in _FIELDS[kind].items():
        given = _first(found, names)
        value = _value(given, name) if given is not None else None
        if value is not None:
            fields[name] = {"value": value, "confidence": _sure(given)}
            fields.update(_currency(given, fields) if name in _AMOUNTS else {})
    lines = [_item(item.value or {}) for item in (found["Items"].value or ())] if "Items" in found else []
    return {**fields, "lines": lines} if lines else fields


def _first(found: Mapping[str, Any], names: tuple[str, ...]) -> Any | None:
    """The first of *names* that has a value; "Employer.Name" looks inside a field."""
    for name in names:
        outer, _, inner = name.partition(".")
        given = found.get(outer)
        if given is not None and inner:
            given = (given.value or {}).get(inner)
        if given is not None and given.value is not None:
            return given
    return None


def _value(given: Any, name: str) -> str | None:
    """A field's value as text: dates ISO, amounts with two decimals; what the service couldn't normalise isn't used."""
    value = given.value
    if name in _AMOUNTS:
        number = getattr(value, "amount", value)
        return str(Decimal(str(number)).quantize(_CENT)) if isinstance(number, (int, float)) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return format(Decimal(str(value)).normalize(), "f")
    return " ".join(str(value).split()) or None


def _currency(given: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    code = getattr(given.value, "code", None)
    return {"currency": {"value": code, "confidence": _sure(given)}} if code and "currency" not in fields else {}


def _sure(given: Any) -> float:
    return round(float(given.confidence), 3) if given.confidence is not None else 0.5


def _item(found: Mapping[str, Any]) -> dict[str, str | None]:
    item: dict[str, str | None] = {}
    for name, names in _ITEM_FIELDS.items():
        given = _first(found, names)
        item[name] = _value(given, name) if given is not None else None
    return item
