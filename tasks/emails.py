"""Mails of the practice to its people and clients: one template per type and language, one recipient per job.

A mail that the server has taken is recorded in the transaction that completes its job; a later run finds it there and sends
nothing. Between the server's "250" and that commit lies a moment in which a crash leaves nobody knowing: the next run sends the
mail again, with the same Message-ID, by which mail programs and people recognise it. SMTP has no way to ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, IPvAnyAddress, SerializeAsAny, ValidationInfo, field_validator

from advisorjobs.choices import EmailType, ReportFormat
from advisorjobs.fields import (
    Currency,
    Day,
    EmailAddress,
    Flag,
    Identifier,
    Language,
    Line,
    Moment,
    Money,
    NoRepeats,
    Text,
    WebAddress,
    Whole,
)
from advisorjobs.job_run import JobRun
from advisorjobs.payloads import Payload, PayloadPart, chosen_part
from advisorjobs.settings import Settings
from advisorjobs.task import task

if TYPE_CHECKING:
    from advisorjobs.services.mail.message import Letter
    from advisorjobs.services.mail.rendering import Firm

PATIENCE = 22.0
"""Seconds for the whole conversation with a mail server: below the queue's time limit, so that the job says what failed."""


class TemplateData(PayloadPart):
    """What a template is filled with. Everything may be left out that a mail makes sense without."""

    recipient_name: Line | None = None


class WelcomeData(TemplateData):
    firm_name: Line | None = None
    login_url: WebAddress | None = None


class OpenTask(PayloadPart):
    task_title: Line
    due_date: Day
    client_name: Line | None = None


class TaskAssignmentData(TemplateData):
    """`reminder`: the task was assigned before, and is due; `others` are due too, so that one mail names all."""

    task_title: Line
    task_id: Identifier | None = None
    task_url: WebAddress | None = None
    description: Text | None = None
    client_name: Line | None = None
    assigned_by: Line | None = None
    due_date: Day | None = None
    reminder: Flag = False
    others: Annotated[tuple[OpenTask, ...], Field(max_length=50)] = ()


class InvoiceReminderData(TemplateData):
    """`level`: 1 a friendly reminder, 2 and 3 firmer, 4 the last before other steps."""

    invoice_number: Line
    amount_due: Money
    currency: Currency
    due_date: Day
    level: Annotated[Whole, Field(ge=1, le=4)] = 1
    client_name: Line | None = None
    payment_url: WebAddress | None = None


class DocumentSharedData(TemplateData):
    document_name: Line
    document_url: WebAddress | None = None
    shared_by: Line | None = None
    message: Text | None = None


class ReportDeliveryData(TemplateData):
    report_name: Line
    report_url: WebAddress | None = None
    format: ReportFormat | None = None
    client_name: Line | None = None
    period_start: Day | None = None
    period_end: Day | None = None
    message: Text | None = None


class SecurityAlertData(TemplateData):
    """`about_recipient`: it is about the account of whoever gets the mail; else about another one, `concerned_name`'s
    where that is known, or about the practice."""

    title: Line
    about_recipient: Flag = True
    concerned_name: Line | None = None
    details: Text | None = None
    occurred_at: Moment | None = None
    ip_address: IPvAnyAddress | None = None
    action_url: WebAddress | None = None


class EmergencyData(TemplateData):
    title: Line
    message: Text
    action_url: WebAddress | None = None


TEMPLATE_DATA: Mapping[str, type[TemplateData]] = MappingProxyType(
    {
        "welcome": WelcomeData,
        "task_assignment": TaskAssignmentData,
        "invoice_reminder": InvoiceReminderData,
        "document_shared": DocumentSharedData,
        "report_delivery": ReportDeliveryData,
        "security_alert": SecurityAlertData,
        "emergency": EmergencyData,
    }
)


class EmailPayload(Payload):
    """`template_data` has the fields of its type's model above. `attachments` are ids of documents and reports.

    One recipient: a run that is repeated after a crash reaches nobody else twice.
    """

    type: EmailType
    to: EmailAddress
    template_data: SerializeAsAny[TemplateData]
    language: Language = "en"
    reply_to: EmailAddress | None = None
    attachments: Annotated[tuple[Identifier, ...], Field(max_length=10), NoRepeats] = ()

    @field_validator("template_data", mode="before")
    @classmethod
    def _as_its_type_has_it(cls, value: Any, info: ValidationInfo) -> Any:
        return chosen_part(value, info.data.get("type"), TEMPLATE_DATA, TemplateData)


@task("email:send", payload=EmailPayload)
async def send(job: JobRun[EmailPayload]) -> dict[str, Any]:
    """Renders the mail, hands it to the mail server (or the folder), and records it with the job's completion."""
    import asyncio

    from advisorjobs.services.mail import enclosures, message, post, records
    from advisorjobs.services.storage import storage

    settings, payload, organization = Settings.from_environment(), job.payload, job.payload.organization_id
    sender = post.sender(settings)
    message_id = message.message_id(organization, job.id, payload.type, sender)
    async with job.connection() as connection:
        if await records.was_sent(connection, organization, message_id):
            return {"skipped": True, "message_id": message_id}
        firm = await records.find_firm(connection, organization)
        enclosed = await enclosures.find_enclosures(connection, organization, payload.attachments)
    files = []
    if enclosed:
        shelf = await asyncio.to_thread(lambda: storage(settings).shelf(organization))
        files = await asyncio.to_thread(enclosures.contents, shelf, enclosed)
    letter = await asyncio.to_thread(_letter, payload, firm, sender, message_id, files)
    data = await asyncio.to_thread(message.built, letter)
    delivered = await post.post(settings).deliver(
        data, sender=sender, recipient=letter.recipient, message_id=message_id, within=PATIENCE
    )
    async with job.transaction() as connection:
        await records.record_mail(connection, organization, job.id, payload.type, letter, delivered)
        job.result = {"engine": delivered.engine, "message_id": message_id, "bytes": len(data)}
    return job.result


def _letter(payload: EmailPayload, firm: Firm, sender: str, message_id: str, files: list[Any]) -> Letter:
    from datetime import UTC, datetime

    from advisorjobs.services.mail.message import Letter
    from advisorjobs.services.mail.rendering import render

    data = payload.template_data
    reply_to = payload.reply_to or firm.email
    rendered = render(
        payload.type,
        {name: getattr(data, name) for name in type(data).model_fields},
        firm=firm,
        tag=payload.language,
        reply_to=reply_to,
        attached=bool(files),
    )
    return Letter(
        rendered=rendered,
        sender=sender,
        sender_name=firm.name,
        recipient=payload.to,
        reply_to=reply_to,
        message_id=message_id,
        moment=datetime.now(UTC),
        files=files,
    )
