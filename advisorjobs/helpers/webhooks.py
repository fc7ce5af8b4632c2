"""Helpers of the queue webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Unpack

from advisorjobs.calls import Helper
from advisorjobs.choices import QuickbooksChange
from advisorjobs.enqueue import JobOptions
from advisorjobs.helpers.queueing import once_per_event, queueing

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.database.operation import Operation

__all__ = ["queue_custom_webhook", "queue_quickbooks_webhook", "queue_stripe_webhook"]


@Helper
def queue_stripe_webhook(
    app: App,
    event: Mapping[str, Any],
    organization_id: str,
    *,
    account: str | None = None,
    received_at: datetime | None = None,
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Works on an event of Stripe's, given as it came in JSON. The caller has checked its signature.

    The event's id is the unique_key for a week after the job's end, so that a repetition creates nothing. *account*: the
    connected account that it came for.
    """
    payload = {
        "organization_id": organization_id,
        "event_id": event.get("id"),
        "event_type": event.get("type"),
        "event": dict(event),
        "account": account,
        "received_at": received_at,
    }
    return queueing(app, "queue_stripe_webhook", "webhook:stripe", payload, once_per_event(event.get("id"), options))


@Helper
def queue_quickbooks_webhook(
    app: App,
    realm_id: str,
    organization_id: str,
    *,
    event_id: str,
    entity: str,
    entity_id: str,
    operation: QuickbooksChange,
    changed_at: datetime,
    deleted_id: str | None = None,
    received_at: datetime | None = None,
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Works on a change of one object in QuickBooks. The caller has checked the signature of what told of it.

    *deleted_id* is what was merged into it.

    *event_id* is the CloudEvent's, or of the old form made from the object and its lastUpdated; it is the unique_key for a
    week after the job's end, so that a repetition creates nothing.
    """
    payload = {
        "realm_id": realm_id,
        "organization_id": organization_id,
        "event_id": event_id,
        "entity": entity,
        "entity_id": entity_id,
        "operation": operation,
        "changed_at": changed_at,
        "deleted_id": deleted_id,
        "received_at": received_at,
    }
    return queueing(app, "queue_quickbooks_webhook", "webhook:quickbooks", payload, once_per_event(event_id, options))


@Helper
def queue_custom_webhook(
    app: App,
    source: str,
    organization_id: str,
    *,
    event_id: str,
    event_type: str,
    event: Mapping[str, Any],
    received_at: datetime | None = None,
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Works on an event of a webhook that the organization has set up as *source*. The caller has checked its signature.

    *event_id* (the header webhook-id) is the unique_key for a week after the job's end: a repetition creates nothing.
    """
    payload = {
        "source": source,
        "organization_id": organization_id,
        "event_id": event_id,
        "event_type": event_type,
        "event": dict(event),
        "received_at": received_at,
    }
    return queueing(app, "queue_custom_webhook", "webhook:custom", payload, once_per_event(event_id, options))
