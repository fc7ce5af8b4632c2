"""Applying an event of Stripe's: in the order of its object's events, once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pydantic

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.activity import activity
from advisorjobs.services.webhooks.events import Unreadable, stripe_event
from advisorjobs.services.webhooks.ledger import (
    Place,
    Stored,
    end_event,
    find_connection,
    last_applied,
    lock_object,
    store_event,
    take_event,
)
from advisorjobs.services.webhooks.ordering import is_superseded
from advisorjobs.services.webhooks.stripe_changes import Books, Change, Note, events_like, stripe_changes

__all__ = ["apply_stripe_event"]


async def apply_stripe_event(
    connection: Any, *, job: int, event_id: str, event: Mapping[str, Any] | None, account: str | None, live_only: bool
) -> dict[str, Any]:
    """Applies the event in the transaction of *connection*; {"outcome": "applied", "superseded" or "ignored"}.

    *event* None: as it is stored. *live_only*: events of Stripe's test mode change nothing. Raises JobError `not_found`
    for a connection or an event that the organization doesn't have, `validation` for an event that isn't Stripe's.
    """
    connected = await find_connection(connection, "stripe", account)
    place = Place("stripe", connected.account, event_id)
    if event is not None:
        read = _read(event)
        await store_event(connection, place, read.type, read.object_id, read.happened_at, read.body)
    stored = await take_event(connection, place)
    if stored.outcome is not None:
        return {"skipped": True, "outcome": stored.outcome}
    if not connected.is_active or stored.object_id is None or (live_only and not stored.event.get("livemode")):
        return await end_event(connection, place, "ignored", job)
    rivals = events_like(stored.event_type)
    if not rivals:
        return await end_event(connection, place, "ignored", job)
    await lock_object(connection, place, stored.object_id)
    applied = await last_applied(connection, place, stored.object_id, rivals)
    if applied is not None and is_superseded(stored.event, applied[1]):
        return await end_event(connection, place, "superseded", job)
    for change in _changes(stored, Books(connected.account, connected.client("stripe"))):
        await _make(connection, place, change, connected.client_id)
    return await end_event(connection, place, "applied", job)


def _read(event: Mapping[str, Any]) -> Any:
    import json

    try:
        return stripe_event(json.dumps(event).encode())
    except Unreadable as error:
        raise JobError(ErrorCode.VALIDATION, str(error)) from None


def _changes(stored: Stored, books: Books) -> list[Change | Note]:
    try:
        return stripe_changes(stored.event, books)
    except pydantic.ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, each["loc"])) for each in error.errors(include_input=False)}))
        text = f"an event {stored.event_type} has an object that isn't of its kind: {fields}"
    raise JobError(ErrorCode.VALIDATION, text)


async def _make(connection: Any, place: Place, change: Change | Note, client: str | None) -> None:
    if isinstance(change, Note):
        key = f"stripe:{place.account}:{place.event_id}"
        await connection.execute(*activity(key, change.kind, change.text, subject=change.subject, client_id=client))
        return
    cursor = await connection.execute(statement(change.statement), change.values)
    if change.missing is not None and cursor.rowcount == 0:
        raise JobError(ErrorCode.NOT_FOUND, f"{change.missing}: their events are awaited", permanent=False)
