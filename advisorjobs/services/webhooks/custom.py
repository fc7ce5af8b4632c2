"""Applying an event of a webhook of the firm's own: it is kept, shown in the feed, and handed to the application's job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.activity import activity
from advisorjobs.services.webhooks.ledger import Place, end_event, find_connection, store_event, take_event

__all__ = ["Handler", "apply_custom_event"]

Handler = tuple[str, str]
"""Queue and name of the job that takes the events of a source."""


async def apply_custom_event(
    connection: Any,
    *,
    job: int,
    source: str,
    event_id: str,
    event_type: str,
    event: Mapping[str, Any] | None,
    happened_at: datetime,
) -> tuple[dict[str, Any], Handler | None, Mapping[str, Any]]:
    """The job's result, the application's job for this source, which it has yet to queue, and the event.

    *event* None: as it is stored. Raises JobError `not_found` for a source or event that the organization doesn't have.
    """
    connected = await find_connection(connection, "custom", source)
    place = Place("custom", source, event_id)
    if event is not None:
        await store_event(connection, place, event_type, None, happened_at, event)
    stored = await take_event(connection, place)
    if stored.outcome is not None:
        return {"skipped": True, "outcome": stored.outcome}, None, stored.event
    if not connected.is_active:
        return await end_event(connection, place, "ignored", job), None, stored.event
    text = f"{source} told of {stored.event_type}"
    key, subject = f"custom:{source}:{event_id}", ("webhook", f"{source}:{event_id}")
    await connection.execute(*activity(key, "webhook.received", text, subject=subject, client_id=connected.client_id))
    handler = await _handler(connection, source)
    result = await end_event(connection, place, "applied", job)
    return {**result, "handler": handler and handler[1]}, handler, stored.event


async def _handler(connection: Any, source: str) -> Handler | None:
    """`webhook:<source>`, if the application has such a job."""
    if source in ("stripe", "quickbooks", "custom"):
        raise JobError(
            ErrorCode.VALIDATION, f"a webhook of one's own can't be called {source}: that is a service's name"
        )
    row = await (await connection.execute(statement("find_webhook_handler"), {"name": f"webhook:{source}"})).fetchone()
    return None if row is None else (row[1], row[0])
