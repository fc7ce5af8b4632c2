"""Applying a change that QuickBooks tells of: what is gone goes at once, what is new or other is fetched by a sync."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from advisorjobs.choices import QuickbooksChange, QuickbooksKind
from advisorjobs.database.statement import statement
from advisorjobs.services.webhooks.ledger import (
    Place,
    end_event,
    find_connection,
    last_applied,
    lock_object,
    store_event,
    take_event,
)

__all__ = ["KINDS", "ObjectChange", "Wanted", "apply_quickbooks_change", "wanted_sync"]

KINDS: Mapping[str, QuickbooksKind] = {
    "Customer": "customers",
    "Invoice": "invoices",
    "Payment": "payments",
    "Account": "accounts",
}
"""What the practice keeps of a company's objects."""

WINDOW = 10
"""Seconds. Changes of one company within one such window have one sync, at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectChange:
    """`deleted_id`: of a merge, the object that went into this one."""

    realm_id: str
    entity: str
    entity_id: str
    operation: QuickbooksChange
    changed_at: datetime
    deleted_id: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A sync: not before `at`, one for all who name the same `key`."""

    at: datetime
    key: str


async def apply_quickbooks_change(
    connection: Any, *, job: int, event_id: str, change: ObjectChange
) -> tuple[dict[str, Any], Wanted | None]:
    """Applies *change* in the transaction of *connection*: the job's result, and the sync that it has yet to queue.

    Raises JobError `not_found` for a company that the organization isn't connected with.
    """
    connected = await find_connection(connection, "quickbooks", change.realm_id)
    place, object_id = Place("quickbooks", change.realm_id, event_id), f"{change.entity}:{change.entity_id}"
    said = {"entity": change.entity, "id": change.entity_id, "operation": change.operation}
    event_type = f"{change.entity}.{change.operation}"
    await store_event(connection, place, event_type, object_id, change.changed_at, said)
    stored = await take_event(connection, place)
    if stored.outcome is not None:
        return {"skipped": True, "outcome": stored.outcome}, None
    kind = KINDS.get(change.entity)
    if kind is None or change.operation == "emailed" or not connected.is_active:
        return await end_event(connection, place, "ignored", job), None
    await lock_object(connection, place, object_id)
    newest = await last_applied(connection, place, object_id)
    if newest is not None and newest[0] > change.changed_at:
        return await end_event(connection, place, "superseded", job), None
    await _retire(connection, kind, change)
    result = await end_event(connection, place, "applied", job)
    return result, None if change.operation == "delete" else wanted_sync(change.realm_id, connected.now)


def wanted_sync(realm_id: str, now: datetime) -> Wanted:
    """The sync of the window that *now*, the database's time, lies in.

    It starts when the window is over, and so after every change that was told of within it: a change that comes while it
    runs belongs to the next window, and has the next sync.
    """
    window = int(now.timestamp()) // WINDOW + 1
    return Wanted(datetime.fromtimestamp(window * WINDOW, UTC), f"webhook:{realm_id}:{window}")


async def _retire(connection: Any, kind: QuickbooksKind, change: ObjectChange) -> None:
    """Takes out what is gone: deleted, cancelled (an invoice or payment), or merged into another."""
    gone = change.deleted_id if change.operation == "merge" else change.entity_id
    cancelled = change.operation == "void" and kind in ("invoices", "payments")
    if gone is None or not (cancelled or change.operation in ("delete", "merge")):
        return
    external = f"{change.realm_id}:{gone}"
    if change.operation == "merge" and kind == "customers":
        values = {"gone": external, "kept": f"{change.realm_id}:{change.entity_id}"}
        await connection.execute(statement("merge_quickbooks_customers"), values)
    retired = {"ids": [external]}
    await connection.execute(statement(f"retire_quickbooks_{kind}"), retired)
