"""Helpers of the queue critical."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Unpack

from advisorjobs.calls import Helper
from advisorjobs.choices import HealthPart, Severity
from advisorjobs.enqueue import JobOptions
from advisorjobs.helpers.queueing import queueing

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.database.operation import Operation

__all__ = ["queue_emergency_notification", "queue_health_check", "queue_security_alert"]


@Helper
def queue_security_alert(
    app: App,
    organization_id: str,
    *,
    alert_type: str,
    title: str,
    details: str | None = None,
    severity: Severity = "high",
    user_id: str | None = None,
    ip_address: str | None = None,
    occurred_at: datetime | None = None,
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Tells those in charge that something happened, such as *alert_type* "failed_logins" of *user_id*."""
    payload = {
        "organization_id": organization_id,
        "alert_type": alert_type,
        "title": title,
        "details": details,
        "severity": severity,
        "user_id": user_id,
        "ip_address": ip_address,
        "occurred_at": occurred_at,
    }
    return queueing(app, "queue_security_alert", "critical:security_alert", payload, options)


@Helper
def queue_emergency_notification(
    app: App,
    organization_id: str,
    *,
    title: str,
    message: str,
    severity: Severity = "critical",
    action_url: str | None = None,
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Tells the organization by every channel that it has. *action_url*: an https address to act at."""
    payload = {
        "organization_id": organization_id,
        "title": title,
        "message": message,
        "severity": severity,
        "action_url": action_url,
    }
    return queueing(app, "queue_emergency_notification", "critical:emergency_notification", payload, options)


@Helper
def queue_health_check(
    app: App,
    organization_id: str = "system",
    *,
    parts: Sequence[HealthPart] | None = None,
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Finds out whether database, storage, mail, AI and queues are well, or these *parts* of it."""
    payload = {
        "organization_id": organization_id,
        "parts": parts,
    }
    return queueing(app, "queue_health_check", "critical:health_check", payload, options)
