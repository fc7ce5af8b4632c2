"""What services tell us. The receiver has checked the signature, and stores the event in the transaction that queues its job.

A service sends an event again until it is answered: `event_id` is the service's own, and a job per event does its work once.
No payload holds a signature or a secret.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from advisorjobs.choices import QuickbooksChange
from advisorjobs.fields import EventType, Identifier, JsonObject, Moment, Slug
from advisorjobs.payloads import Payload
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
    """`source` names the webhook as the organization has set it up; `event` is what came; None: as the receiver has stored it."""

    source: Slug
    event_type: EventType
    event: JsonObject | None = None


stripe = task("webhook:stripe", payload=StripeWebhookPayload)
quickbooks = task("webhook:quickbooks", payload=QuickbooksWebhookPayload)
custom = task("webhook:custom", payload=CustomWebhookPayload)
