"""What can't wait: emergencies, security alerts, and whether everything is well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, IPvAnyAddress

from advisorjobs.choices import HealthPart, Severity
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.fields import Identifier, Line, Moment, NoRepeats, Slug, Text, WebAddress
from advisorjobs.job_run import JobRun
from advisorjobs.payloads import Payload
from advisorjobs.settings import Settings
from advisorjobs.task import task

if TYPE_CHECKING:
    from advisorjobs.services.channels import Channel
    from advisorjobs.services.people import Person

Result = dict[str, Any]
SYSTEM = "system"
FIRST = 1
"""The priority of mails that can't wait."""


class EmergencyNotificationPayload(Payload):
    """Goes to every channel of the organization. `title` is the subject of its mail.

    `channel_id`: to this webhook channel alone; the job for all queues one of these for each.
    """

    title: Line
    message: Text
    severity: Severity = "critical"
    action_url: WebAddress | None = None
    channel_id: Identifier | None = None


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


@task("critical:emergency_notification", payload=EmergencyNotificationPayload)
def emergency_notification(job: JobRun[EmergencyNotificationPayload]) -> Result:
    """Mails to owners, admins and e-mail channels; a job of its own for each webhook channel, so that one that fails
    repeats none of the others; an entry in the feed."""
    from advisorjobs.services.channels import list_channels
    from advisorjobs.services.firms import find_firm
    from advisorjobs.services.people import as_language, distinct, people_in_charge

    if job.payload.channel_id is not None:
        return _tell_channel(job, job.payload.channel_id)
    with job.connection() as connection:
        language = as_language(find_firm(connection).language)
        _note(job, connection, "emergency", f"Emergency: {job.payload.title}")  # stays, whoever can be reached
    with job.transaction() as connection:
        channels = list_channels(connection)
        mailboxes = [_mailbox(each, language) for each in channels if each.kind == "email"]
        people = list(distinct([*people_in_charge(connection), *mailboxes]))
        webhooks = [each for each in channels if each.kind == "webhook"]
        if not people and not webhooks:
            reason = "no owner, admin or channel of the organization can be reached: give it one that can"
            raise JobError(ErrorCode.VALIDATION, reason)
        data = {"title": job.payload.title, "message": job.payload.message, "action_url": job.payload.action_url}
        for person in people:
            _mail(job, connection, "emergency", person, data)
        for channel in webhooks:
            _queue_channel(job, connection, channel)
        job.result = {"mails": len(people), "webhooks": len(webhooks)}
    return job.result


@task("critical:security_alert", payload=SecurityAlertPayload)
def security_alert(job: JobRun[SecurityAlertPayload]) -> Result:
    """Mails to the user whom it concerns and to owners and admins; an entry in the feed."""
    from advisorjobs.services.firms import find_firm
    from advisorjobs.services.people import distinct, find_member, people_in_charge

    payload = job.payload
    with job.transaction() as connection:
        find_firm(connection)
        concerned = find_member(connection, payload.user_id) if payload.user_id is not None else None
        people = list(distinct([*([concerned] if concerned else []), *people_in_charge(connection)]))
        if not people:
            raise JobError(ErrorCode.VALIDATION, "no owner or admin of the organization has an address: give them one")
        data = {
            "title": payload.title,
            "details": payload.details,
            "occurred_at": payload.occurred_at,
            "ip_address": payload.ip_address,
        }
        for person in people:
            is_own = concerned is not None and person.email.lower() == concerned.email.lower()
            whose = {"about_recipient": is_own, "concerned_name": concerned.name if concerned and not is_own else None}
            _mail(job, connection, "security_alert", person, {**data, **whose})
        _note(job, connection, "security_alert", f"Security: {payload.title}")
        job.result = {"mails": len(people)}
    return job.result


@task("critical:health_check", payload=HealthCheckPayload)
async def health_check(job: JobRun[HealthCheckPayload]) -> Result:
    """Looks at each part and reports; that something is wrong is the report's, not the job's failure.

    For `system` each part that isn't well is logged as an error, for alerts to see; for a firm it stands in its feed.
    """
    from advisorjobs.upkeep.health import examine

    report = await examine(job, job.payload.parts, Settings.from_environment())
    for part, found in report["parts"].items():
        if found["status"] != "ok" and job.payload.organization_id == SYSTEM:
            job.log.error("health: %s is %s: %s (%s)", part, found["status"], found["what"], found["cure"])
    if report["status"] == "failing" and job.payload.organization_id != SYSTEM:
        from advisorjobs.services.activity import activity

        failing = [part for part, found in report["parts"].items() if found["status"] == "failing"]
        text = f"Not well: {', '.join(failing)}"
        entry = activity(f"health.failing:{job.id}", "health.failing", text, subject=("job", str(job.id)))
        async with job.connection() as connection:
            await connection.execute(*entry)
    return report


def _tell_channel(job: JobRun[EmergencyNotificationPayload], channel_id: str) -> Result:
    from advisorjobs.services.channels import deliver, find_channel

    with job.connection() as connection:
        channel = find_channel(connection, channel_id)
    payload = job.payload.model_dump(mode="json", exclude_none=True, exclude={"channel_id"})
    message_id = f"emergency-{job.id}"
    status = deliver(
        channel, job.payload.organization_id, message_id, {"type": "emergency", "id": message_id, "data": payload}
    )
    return {"channel": channel.id, "status": status}


def _queue_channel(job: JobRun[EmergencyNotificationPayload], connection: Any, channel: Channel) -> None:
    from advisorjobs import get_queue_manager

    payload = job.payload.model_dump(mode="json", exclude_none=True) | {"channel_id": channel.id}
    get_queue_manager().sync.add_job(
        job.queue, job.name, payload, priority=FIRST, unique_key=f"{job.id}:{channel.id}", connection=connection
    )


def _mail(job: JobRun[Any], connection: Any, kind: Any, person: Person, data: dict[str, Any]) -> None:
    from advisorjobs import queue_email

    said = {"recipient_name": person.name, **data}
    queue_email.sync(
        organization_id=job.payload.organization_id,
        type=kind,
        to=person.email,
        template_data={name: value for name, value in said.items() if value is not None},
        language=person.language,
        priority=FIRST,
        connection=connection,
    )


def _mailbox(channel: Channel, language: str) -> Person:
    from advisorjobs.services.people import Person

    return Person(channel.id, None, channel.address, language)


def _note(job: JobRun[Any], connection: Any, kind: str, text: str) -> None:
    from advisorjobs.services.activity import activity

    data = {"severity": job.payload.severity}
    connection.execute(*activity(f"{kind}:{job.id}", kind, text, subject=("job", str(job.id)), data=data))
