"""The rows that a mail needs and leaves: its firm's, its own, its entry in the feed.

Every function takes an async connection whose transaction works for the mail's organization, as JobRun.connection() gives it.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.activity import activity
from advisorjobs.services.mail.message import Letter, is_address
from advisorjobs.services.mail.post import Delivered
from advisorjobs.services.mail.rendering import Firm

__all__ = ["find_firm", "record_mail", "was_sent"]


async def find_firm(connection: Any, organization_id: str) -> Firm:
    """Who the mail is from. JobError `not_found` where there is no such organization.

    An address for replies that no header can hold is left out, and a time zone that doesn't exist is UTC: neither is worth
    a mail that doesn't come.
    """
    cursor = await connection.execute(statement("find_firm"), {"organization": organization_id})
    row = await cursor.fetchone()
    if row is None:
        raise JobError(ErrorCode.NOT_FOUND, f"there is no organization {organization_id!r} to send mails for")
    name, email, zone = row
    return Firm(name=name, email=email if is_address(email) else None, zone=known_zone(zone))


async def was_sent(connection: Any, organization_id: str, message_id: str) -> bool:
    """Whether an earlier run of the job has sent the mail, and lived to say so."""
    values = {"organization": organization_id, "message_id": message_id}
    return await (await connection.execute(statement("find_mail"), values)).fetchone() is not None


async def record_mail(
    connection: Any,
    organization_id: str,
    job_id: int,
    type: str,  # noqa: A002
    letter: Letter,
    delivered: Delivered,
) -> None:
    values = {
        "organization": organization_id,
        "message_id": letter.message_id,
        "job": job_id,
        "type": type,
        "recipient": letter.recipient,
        "subject": letter.rendered.subject,
        "engine": delivered.engine,
        "answer": delivered.answer,
    }
    await connection.execute(statement("record_mail"), values)
    text = f"Mail to {letter.recipient}: {letter.rendered.subject}"
    entry = activity(
        f"mail.sent:{letter.message_id}", "mail.sent", text, subject=("mail", letter.message_id), data={"type": type}
    )
    await connection.execute(*entry)


def known_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
