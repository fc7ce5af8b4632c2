"""What can't wait: emergencies, security alerts, and whether everything is well."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, IPvAnyAddress

from advisorjobs.choices import HealthPart, Severity
from advisorjobs.fields import Identifier, Line, Moment, NoRepeats, Slug, Text, WebAddress
from advisorjobs.payloads import Payload
from advisorjobs.task import task


class EmergencyNotificationPayload(Payload):
    """Goes to every channel of the organization. `title` is the subject of its mail."""

    title: Line
    message: Text
    severity: Severity = "critical"
    action_url: WebAddress | None = None


class SecurityAlertPayload(Payload):
    """`alert_type` is a name such as "failed_logins"; `user_id` whom it is about; `details` are for people."""

    alert_type: Slug
    title: Line
    details: Text | None = None
    severity: Severity = "high"
    user_id: Identifier | None = None
    ip_address: IPvAnyAddress | None = None
    occurred_at: Moment | None = None


class HealthCheckPayload(Payload):
    """`parts`: what to look at; default everything. The organization is `system`, or a firm for its own channels."""

    parts: Annotated[tuple[HealthPart, ...], Field(min_length=1), NoRepeats] = (
        "database",
        "storage",
        "mail",
        "ai",
        "queues",
    )


emergency_notification = task("critical:emergency_notification", payload=EmergencyNotificationPayload)
security_alert = task("critical:security_alert", payload=SecurityAlertPayload)
health_check = task("critical:health_check", payload=HealthCheckPayload)
