"""What a verified body says: the events in it, each with the account that it came for and the payload of its job."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

__all__ = ["Event", "Unreadable", "custom_event", "quickbooks_events", "stripe_event"]

MOST = 5_000
"""Events of one body: what fits into a megabyte of Intuit's."""

_ODD = re.compile("[\0\ud800-\udfff]")
_TYPE = re.compile(r"[A-Za-z0-9_-]+([./][A-Za-z0-9_-]+)*")
_ENTITY = re.compile(r"[A-Za-z]{2,64}")
_CHANGE = re.compile(r"qbo\.([A-Za-z]{2,64})\.([a-z]{2,20})\.v\d{1,3}")

ENTITIES = {
    name.lower(): name
    for name in (
        "Account", "Bill", "BillPayment", "Budget", "Class", "CreditMemo", "Currency", "Customer", "Department", "Deposit",
        "Employee", "Estimate", "Invoice", "Item", "JournalCode", "JournalEntry", "Payment", "PaymentMethod", "Preferences",
        "Purchase", "PurchaseOrder", "RefundReceipt", "SalesReceipt", "TaxAgency", "Term", "TimeActivity", "Transfer",
        "Vendor", "VendorCredit",
    )
}  # fmt: skip
"""How the API spells what CloudEvents have in small letters."""

CHANGES = {
    "created": "create", "updated": "update", "deleted": "delete", "merged": "merge", "voided": "void",
    "create": "create", "update": "update", "delete": "delete", "merge": "merge", "void": "void", "emailed": "emailed",
}  # fmt: skip


class Unreadable(ValueError):
    """The sender is who it should be, but this is no event of its. The text holds nothing of what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`account`: the service's name of whose it is, None where it names none. `fields`: what its job is given beside
    organization, event_id and received_at. `object_id`: what it is about, for the order of events.
    """

    account: str | None
    id: str
    type: str
    object_id: str | None
    happened_at: datetime
    body: Mapping[str, Any]
    fields: Mapping[str, Any]


def stripe_event(body: bytes) -> Event:
    """Stripe's Event object."""
    given = _object(_json(body))
    data = given.get("data")
    about = data.get("object") if isinstance(data, Mapping) else None
    event_id, event_type, created = _text(given, "id"), _text(given, "type"), given.get("created")
    if not isinstance(created, int) or isinstance(created, bool) or not _TYPE.fullmatch(event_type):
        raise Unreadable("an event of Stripe's has id, type and created")
    return Event(
        account=_text(given, "account") if given.get("account") is not None else None,
        id=event_id,
        type=event_type,
        object_id=_stripe_object(about) if isinstance(about, Mapping) else None,
        happened_at=_since_1970(created),
        body=given,
        fields={"event_type": event_type},
    )


def quickbooks_events(body: bytes) -> list[Event]:
    """One per changed object, of Intuit's old form or of an array of CloudEvents.

    What can't be read is left out beside what can: a kind of event that is new must not hold up the others.
    """
    given = _json(body)
    if isinstance(given, Mapping) and "eventNotifications" in given:
        changes: Iterable[Callable[[], Event]] = _notified(_list(given["eventNotifications"]))
    else:
        changes = (partial(_cloud_event, each) for each in (given if isinstance(given, list) else [given]))
    events, unread = [], None
    for number, change in enumerate(changes):
        if number >= MOST:
            raise Unreadable(f"more than {MOST} events in one body")
        try:
            events.append(change())
        except Unreadable as error:
            unread = error
    if unread is not None and not events:
        raise unread
    return events


def custom_event(body: bytes, event_id: str, timestamp: str) -> Event:
    """A JSON object of anybody's, best with `type`, `timestamp` and `data` as Standard Webhooks asks for."""
    given = _object(_json(body))
    event_type, data = given.get("type"), given.get("data")
    known = isinstance(event_type, str) and len(event_type) <= 200 and _TYPE.fullmatch(event_type)
    named = str(event_type) if known else "event"
    about = data.get("id") if isinstance(data, Mapping) else None
    return Event(
        account=None,
        id=event_id,
        type=named,
        object_id=about if isinstance(about, str) and 0 < len(about) <= 200 else None,
        happened_at=_said_time(given.get("timestamp")) or _since_1970(int(timestamp)),
        body=given,
        fields={"event_type": named},
    )


def _stripe_object(about: Mapping[str, Any]) -> str | None:
    """A refund's events are of one order with its charge's, a payment's of an invoice with the payment's."""
    kind, payment = about.get("object"), about.get("payment")
    if kind == "refund" and isinstance(about.get("charge"), str):
        return str(about["charge"])
    if kind == "invoice_payment" and isinstance(payment, Mapping) and isinstance(payment.get("payment_intent"), str):
        return str(payment["payment_intent"])
    return about["id"] if isinstance(about.get("id"), str) else None


def _notified(notifications: list[Any]) -> Iterator[Callable[[], Event]]:
    for notification in map(_object, notifications):
        realm = _text(notification, "realmId")
        for entity in _list(_object(notification.get("dataChangeEvent")).get("entities")):
            yield partial(_entity, realm, entity)


def _entity(realm: str, given: Any) -> Event:
    """A member of the old form, which has no id of its own: what it says makes one."""
    entity = _object(given)
    name, entity_id, changed = _text(entity, "name"), _text(entity, "id"), _text(entity, "lastUpdated")
    operation = _text(entity, "operation").lower()
    said = json.dumps([realm, name, entity_id, operation, changed])
    event_id = f"change-{hashlib.sha256(said.encode()).hexdigest()}"
    return _change(realm, event_id, name, entity_id, operation, changed, entity, entity.get("deletedId"))


def _cloud_event(each: Any) -> Event:
    given = _object(each)
    match = _CHANGE.fullmatch(_text(given, "type"))
    if match is None:
        raise Unreadable("a CloudEvent of QuickBooks' has a type such as qbo.invoice.created.v1")
    name = ENTITIES.get(match[1].lower(), match[1].capitalize())
    data = given.get("data")
    deleted = (data.get("deletedId") or data.get("deletedid")) if isinstance(data, Mapping) else None
    realm, entity_id = _text(given, "intuitaccountid"), _text(given, "intuitentityid")
    return _change(realm, _text(given, "id"), name, entity_id, match[2], _text(given, "time"), given, deleted)


def _change(
    realm: str, event_id: str, name: str, entity_id: str, operation: str, changed: str, body: Any, deleted: Any
) -> Event:
    at = _said_time(changed)
    if (
        at is None
        or not realm.isascii()
        or not realm.isdigit()
        or not _ENTITY.fullmatch(name)
        or operation not in CHANGES
    ):
        raise Unreadable("a change of QuickBooks' names company, kind, id, operation and time")
    fields = {
        "realm_id": realm,
        "entity": name,
        "entity_id": entity_id,
        "operation": CHANGES[operation],
        "changed_at": at,
        "deleted_id": str(deleted) if deleted else None,
    }
    return Event(
        account=realm,
        id=event_id,
        type=f"{name}.{CHANGES[operation]}",
        object_id=f"{name}:{entity_id}",
        happened_at=at,
        body=body,
        fields=fields,
    )


def _json(body: bytes) -> Any:
    """What PostgreSQL can keep of *body*: NUL and halves of pairs become U+FFFD; NaN and the like are no JSON."""
    try:
        return _storable(json.loads(body.decode("utf-8"), parse_constant=_no_number, parse_float=_finite))
    except (ValueError, RecursionError):
        raise Unreadable("the body is no JSON") from None


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


def _storable(value: Any) -> Any:
    match value:
        case str():
            return _ODD.sub("\ufffd", value)
        case dict():
            return {_ODD.sub("\ufffd", key): _storable(each) for key, each in value.items()}
        case list():
            return [_storable(each) for each in value]
    return value


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Unreadable("an event is a JSON object")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Unreadable("events come in an array")
    return value


def _text(given: Mapping[str, Any], key: str) -> str:
    """A short text without control characters, as ids and types are."""
    value = given.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= 200 or not value.isprintable():
        raise Unreadable(f"an event's {key} is a short text")
    return value


def _since_1970(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise Unreadable("an event's time lies within the years 1 to 9999") from None


def _said_time(text: Any) -> datetime | None:
    """ISO 8601 with an offset; without one it is UTC."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
