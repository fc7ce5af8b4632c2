"""What the receiver asks of the database: whose an account is, and to take events with their jobs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from advisorjobs.database.operation import only, operation
from advisorjobs.database.statement import statement
from advisorjobs.enqueue import NewJob
from advisorjobs.services.webhooks.events import Event

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["WebhookRoute", "find_routes", "receive"]

_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class WebhookRoute:
    """A connection: its firm, and its secrets, sealed."""

    account: str
    organization_id: str
    secrets: Sequence[str]


async def find_routes(app: App, service: str, accounts: Sequence[str]) -> list[WebhookRoute]:
    """Those of *accounts* that are connected."""
    asked = operation(
        "a webhook",
        statement("find_webhook_routes"),
        {"service": service, "accounts": list(accounts)},
        lambda rows: [WebhookRoute(**row) for row in rows],
    )
    return await app.run_async(asked)


async def receive(app: App, service: str, events: Iterable[tuple[WebhookRoute, Event]], at: datetime) -> int:
    """Stores events and their jobs, all or none; how many were new. Raises PayloadError before anything is sent."""
    events = list(events)
    if not events:
        return 0
    jobs = [_job(app, service, route, event, at) for route, event in events]
    span = None if app.tracer is None else app.tracer.begin(jobs)
    if span is not None:
        jobs = [span.traced(job) for job in jobs]
    rows = [_row(service, route, event, job) for (route, event), job in zip(events, jobs, strict=True)]
    asked = operation("a webhook", statement("receive_webhooks"), {"events": f"[{','.join(rows)}]"}, only)
    taken: int = await app.run_async(replace(asked, span=span))
    return taken


def _job(app: App, service: str, route: WebhookRoute, event: Event, at: datetime) -> str:
    """The job of an event, which finds the event's body where it is stored."""
    account = "source" if service == "custom" else "realm_id" if service == "quickbooks" else "account"
    payload: dict[str, Any] = {
        **{name: value for name, value in event.fields.items() if value is not None},
        "organization_id": route.organization_id,
        "event_id": event.id,
        "received_at": at,
        account: route.account,
    }
    return app.enqueuer.row(NewJob(name=f"webhook:{service}", payload=payload))


def _row(service: str, route: WebhookRoute, event: Event, job: str) -> str:
    """An event as advisorjobs_receive_webhooks takes it."""
    given = {
        "organization_id": route.organization_id,
        "provider": service,
        "account": route.account,
        "event_id": event.id,
        "event_type": event.type,
        "object_id": event.object_id,
        "happened_at": event.happened_at.isoformat(),
        "event": event.body,
    }
    return f'{_ENCODE(given)[:-1]},"job":{job}}}'
