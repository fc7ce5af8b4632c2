"""Mails of the practice to its people and clients: one template per type, one recipient per job."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field, IPvAnyAddress, SerializeAsAny, ValidationInfo, field_validator

from advisorjobs.choices import EmailType, ReportFormat
from advisorjobs.fields import (
    Currency,
    Day,
    EmailAddress,
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
from advisorjobs.payloads import Payload, PayloadPart, chosen_part
from advisorjobs.task import task


class TemplateData(PayloadPart):
    """What a template is filled with. Everything may be left out that a mail makes sense without."""

    recipient_name: Line | None = None


class WelcomeData(TemplateData):
    firm_name: Line | None = None
    login_url: WebAddress | None = None


class TaskAssignmentData(TemplateData):
    task_title: Line
    task_id: Identifier | None = None
    task_url: WebAddress | None = None
    description: Text | None = None
    client_name: Line | None = None
    assigned_by: Line | None = None
    due_date: Day | None = None


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
    title: Line
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
    """`template_data` has the fields of its type's model above. `attachments` are ids of stored documents.

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


send = task("email:send", payload=EmailPayload)
