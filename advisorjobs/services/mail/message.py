"""From a rendered mail to the bytes that leave: headers, text, HTML and files. Pure; guard.py has the last word."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from advisorjobs.fields import ADDRESS, CONTROLS
from advisorjobs.services.mail.guard import Promise, guarded
from advisorjobs.services.mail.rendering import Rendered

__all__ = ["Enclosed", "Letter", "built", "harmless", "is_address", "message_id"]

POLICY = SMTP.clone(cte_type="7bit", max_line_length=76)
"""Seven bits, CRLF and short lines, so that every server takes it and nothing in it looks like the end of a mail."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that goes with a mail. `media_type` as in "application/pdf"."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail before it is bytes. `sender` and `recipient` are bare addresses; `moment` has its time zone."""

    rendered: Rendered
    sender: str
    sender_name: str
    recipient: str
    reply_to: str | None
    message_id: str
    moment: datetime
    files: Sequence[Enclosed] = ()


def built(letter: Letter) -> bytes:
    """The mail as RFC 5322 and MIME have it; a second call gives the same bytes.

    Raises JobError `validation` where what came out is not what was meant: a header too many, another recipient.
    """
    promise = Promise(
        sender=letter.sender,
        recipient=letter.recipient,
        reply_to=letter.reply_to,
        subject=harmless(letter.rendered.subject),
        message_id=letter.message_id,
        files=len(letter.files),
    )
    message = EmailMessage(policy=POLICY)
    message["Date"] = format_datetime(letter.moment)
    message["Message-ID"] = letter.message_id
    message["From"] = mailbox(letter.sender, harmless(letter.sender_name))
    message["To"] = mailbox(letter.recipient)
    if letter.reply_to:
        message["Reply-To"] = mailbox(letter.reply_to)
    message["Subject"] = promise.subject
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no "out of office" comes back
    message.set_content(letter.rendered.text, cte="quoted-printable")
    message.add_alternative(letter.rendered.html, subtype="html", cte="quoted-printable")
    for file in letter.files:
        enclose(message, file)
    settle_boundaries(message, letter.message_id)
    return guarded(message.as_bytes(), promise)


def message_id(organization_id: str, job_id: int, type: str, sender: str) -> str:  # noqa: A002
    """The job's Message-ID, the same in each of its runs; nobody learns from it who the organization is."""
    digest = hashlib.sha256(f"{organization_id}\0{job_id}\0{type}".encode()).hexdigest()[:24]
    return f"<{type}.{job_id}.{digest}@{sender.rpartition('@')[2]}>"


def mailbox(address: str, name: str = "") -> Address:
    user, _, domain = address.rpartition("@")
    return Address(display_name=name, username=user, domain=domain)


def is_address(text: str | None) -> bool:
    """Whether *text* is one bare address that may stand in a header."""
    return bool(text and len(text) <= 254 and "=?" not in text and ADDRESS.fullmatch(text))


def harmless(text: str) -> str:
    """*text* as one line that can't be taken for more than that, in a header: names come from tables, not from payloads."""
    line = " ".join(CONTROLS.sub(" ", text).split())
    return line.replace("=?", "= ?")


def enclose(message: EmailMessage, file: Enclosed) -> None:
    maintype, _, subtype = file.media_type.partition("/")
    message.add_attachment(
        file.content,
        maintype=maintype,
        subtype=subtype,
        filename=file_name(file.name),
        params={"charset": "utf-8"} if maintype == "text" else None,
    )


def file_name(name: str) -> str:
    """*name* without folders and what would be odd in one, at most 120 characters, its ending kept."""
    last = re.sub(r'["<>|?*:;%\\]', "_", harmless(name).replace("\\", "/").rpartition("/")[2]).strip(". ")
    stem, dot, ending = last.rpartition(".")
    if dot and stem and len(ending) <= 10:
        return f"{stem[:109]}.{ending}"
    return last[:120] or "file"


def settle_boundaries(message: EmailMessage, seed: str) -> None:
    """Boundaries that follow from the message: `=_` stands in no quoted-printable or base64 line."""
    digest = hashlib.sha256(seed.encode()).hexdigest()[:24]
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{digest}_{number}")
