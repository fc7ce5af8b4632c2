"""From a rendered mail to the bytes that leave: headers, text, HTML and files. Pure; guard.py has the last word."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from advisorjobs.fields import ADDRESS, CONTROLS
from advisorjobs.services.mail.guard import Promise, guarded
from advisorjobs.services.mail.rendering import Rendered

__all__ = ["Enclosed", "Letter", "built", "harmless", "is_address", "message_id"]

POLICY = SMTP.clone(cte_type="7bit", max_line_length=76)
"""Seven bits, CRLF and short lines, so that every server takes it and nothing in it looks like the end of a mail."""

SHORT = 60
MOST = 75
PRINTABLE = re.compile(r"[ -~]*")
ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
"""Words that mean nothing but themselves before an address (RFC 5322)."""


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
    message.set_content(letter.rendered.text, cte="quoted-printable")
    message.add_alternative(letter.rendered.html, subtype="html", cte="quoted-printable")
    for file in letter.files:
        enclose(message, file)
    settle_boundaries(message, letter.message_id)
    return guarded(head(letter, promise.subject) + message.as_bytes(), promise)


def head(letter: Letter, subject: str) -> bytes:
    """The headers, written here: Python's own folding of them makes other addresses of some names (3.11)."""
    headers = {
        "Date": format_datetime(letter.moment),
        "Message-ID": letter.message_id,
        "From": f"{encoded(harmless(letter.sender_name), ATOMS)} <{letter.sender}>".strip(),
        "To": letter.recipient,
        "Reply-To": letter.reply_to,
        "Subject": encoded(subject, PRINTABLE),
        "Auto-Submitted": "auto-generated",  # RFC 3834: no "out of office" comes back
    }
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None).encode("ascii")


def encoded(text: str, plain: re.Pattern[str]) -> str:
    """*text* as a header holds it: as it stands where it is short and *plain*, else as encoded words (RFC 2047), folded."""
    if len(text) <= SHORT and plain.fullmatch(text):
        return text
    return Header(text, "utf-8", maxlinelen=MOST, header_name="Reply-To").encode(linesep="\r\n")


def message_id(organization_id: str, job_id: int, type: str, sender: str) -> str:  # noqa: A002
    """The job's Message-ID, the same in each of its runs; nobody learns from it who the organization is."""
    digest = hashlib.sha256(f"{organization_id}\0{job_id}\0{type}".encode()).hexdigest()[:24]
    return f"<{type}.{job_id}.{digest}@{sender.rpartition('@')[2]}>"


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
