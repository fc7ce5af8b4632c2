"""What services tell us. The receiver has checked the signature, and stores the event in the transaction that queues its job.

A service sends an event again until it is answered: `event_id` is the service's own, and a job per event does its work once.
No payload holds a signature or a secret.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from advisorjobs.choices import QuickbooksChange
from advisorjobs.fields import EventType, Identifier, JsonObject, Moment, Slug
from advisorjobs.job_run import JobRun
from advisorjobs.payloads import Payload
from advisorjobs.settings import Settings
from advisorjobs.task import task


class WebhookPayload(Payload):
    event_id: Identifier
    received_at: Moment | None = None


class StripeWebhookPayload(WebhookPayload):
    """`event` is Stripe's Event object as it came, of which `event_id` and `event_type` are `id` and `type`.

    None: as the receiver has stored it. `account`: the connected account that it came for.
    """

    event_type: EventType
    event: JsonObject | None = None
    account: Annotated[str, Field(pattern=r"^acct_\w+$")] | None = None

    @field_validator("event")
    @classmethod
    def _is_the_one_named(cls, event: JsonObject | None, info: ValidationInfo) -> JsonObject | None:
        if event is None:
            return None
        for key, field in {"id": "event_id", "type": "event_type"}.items():
            if field in info.data and event.get(key) != info.data[field]:
                raise ValueError(f"its {key} must be the job's {field}")
        return event


class QuickbooksWebhookPayload(WebhookPayload):
    """One changed object of one company, whichever of Intuit's two forms told of it. `entity` is "Invoice", "Customer" …

    `deleted_id`: the one that was merged into it.
    """

    realm_id: Annotated[str, Field(pattern=r"^\d{1,30}$")]
    entity: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z]{1,63}$")]
    entity_id: Identifier
    operation: QuickbooksChange
    changed_at: Moment
    deleted_id: Identifier | None = None


class CustomWebhookPayload(WebhookPayload):
    """`source` names the webhook as the organization has set it up; `event` is what came.

    None: as the receiver has stored it.
    """

    source: Slug
    event_type: EventType
    event: JsonObject | None = None


Result = dict[str, Any]

LARGEST_HANDED_ON = 200_000
"""Characters of an event that are passed on in a job's payload; a larger one stays where it is stored."""


@task("webhook:stripe", payload=StripeWebhookPayload)
async def stripe(job: JobRun[StripeWebhookPayload]) -> Result:
    """Brings customers, invoices, payments and payouts of the client whose account it is up to date.

    An event that is older than what was applied of its object already is `superseded`, one that says nothing of these is
    `ignored`.
    """
    from advisorjobs.services.webhooks.stripe import apply_stripe_event

    settings, payload = Settings.from_environment(), job.payload
    async with job.transaction() as connection:
        job.result = await apply_stripe_event(
            connection,
            job=job.id,
            event_id=payload.event_id,
            event=payload.event,
            account=payload.account or settings.webhooks.stripe_account,
            live_only=settings.production,
        )
    return job.result


@task("webhook:quickbooks", payload=QuickbooksWebhookPayload)
async def quickbooks(job: JobRun[QuickbooksWebhookPayload]) -> Result:
    """Takes out what is gone, and has the rest fetched: one sync for all changes of ten seconds."""
    from advisorjobs import queue_quickbooks_sync
    from advisorjobs.services.webhooks.quickbooks import ObjectChange, apply_quickbooks_change

    payload = job.payload
    change = ObjectChange(
        realm_id=payload.realm_id,
        entity=payload.entity,
        entity_id=payload.entity_id,
        operation=payload.operation,
        changed_at=payload.changed_at,
        deleted_id=payload.deleted_id,
    )
    async with job.transaction() as connection:
        job.result, sync = await apply_quickbooks_change(
            connection, job=job.id, event_id=payload.event_id, change=change
        )
        if sync is not None:
            job.result["sync"] = await queue_quickbooks_sync(
                payload.organization_id,
                realm_id=payload.realm_id,
                unique_key=sync.key,
                schedule_at=sync.at,
                connection=connection,
            )
    return job.result


@task("webhook:custom", payload=CustomWebhookPayload)
async def custom(job: JobRun[CustomWebhookPayload]) -> Result:
    """Puts the event into the firm's feed, and hands it to the job `webhook:<source>` where an application has one.

    That job's payload is a CustomWebhookPayload; its `event` is None where it is too large to be handed on.
    """
    from advisorjobs import get_queue_manager
    from advisorjobs.services.webhooks.custom import apply_custom_event

    payload = job.payload
    async with job.transaction() as connection:
        job.result, handler, event = await apply_custom_event(
            connection,
            job=job.id,
            source=payload.source,
            event_id=payload.event_id,
            event_type=payload.event_type,
            event=payload.event,
            happened_at=payload.received_at or datetime.now(UTC),
        )
        if handler is not None:
            small = len(json.dumps(event)) <= LARGEST_HANDED_ON
            fields = payload.model_dump(mode="json", exclude_unset=True) | {"event": event if small else None}
            await get_queue_manager().add_job(*handler, fields, connection=connection)
    return job.result
