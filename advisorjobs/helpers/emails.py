"""Helpers of the queue emails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from advisorjobs.calls import Helper
from advisorjobs.choices import EmailType
from advisorjobs.enqueue import JobOptions
from advisorjobs.helpers.queueing import queueing

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.database.operation import Operation

__all__ = ["queue_email"]


@Helper
def queue_email(
    app: App,
    *,
    organization_id: str,
    type: EmailType,
    to: str,
    template_data: Mapping[str, Any],
    language: str = "en",
    reply_to: str | None = None,
    attachments: Sequence[str] = (),
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Sends a mail of one of the practice's types to one address.

    *template_data* is what the type's template says, such as {"task_title": "Review Q1 Financials"}: tasks/emails.py has the
    fields of each. *attachments* are ids of stored documents and of reports.
    """
    payload = {
        "organization_id": organization_id,
        "type": type,
        "to": to,
        "template_data": template_data,
        "language": language,
        "reply_to": reply_to,
        "attachments": attachments,
    }
    return queueing(app, "queue_email", "email:send", payload, options)
