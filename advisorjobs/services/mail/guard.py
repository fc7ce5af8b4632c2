"""The last look at a mail's bytes before they leave: they hold the headers and the recipient that were meant, and no more.

Python's email package has let header text become a header of its own (CVE-2024-6923: an encoded word with a line break in it;
CVE-2026-1299). So the bytes are read again, the header names line by line without that package, and compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from typing import Any

from advisorjobs.errors import ErrorCode, JobError

__all__ = ["Promise", "guarded"]

ODD_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)|[\0\x80-\xff]")
"""What some servers take for the end of a line or of a mail and others not (SMTP smuggling), and what is no 7-bit text."""

LONGEST_LINE = 998
OF_PARTS = frozenset({"content-type", "content-transfer-encoding", "content-disposition", "mime-version"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a mail is meant to say in its headers. `files`: how many are attached."""

    sender: str
    recipient: str
    reply_to: str | None
    subject: str
    message_id: str
    files: int

    @property
    def headers(self) -> list[str]:
        """The names of all its headers, sorted."""
        names = ["date", "message-id", "from", "to", "subject", "auto-submitted", "mime-version", "content-type"]
        return sorted(names + ["reply-to"] * (self.reply_to is not None))


def guarded(data: bytes, promise: Promise) -> bytes:
    """*data*, if it keeps *promise*; else JobError `validation`, which names what it breaks and quotes nothing."""
    for what, broken in breaches(data, promise):
        if broken:
            raise JobError(ErrorCode.VALIDATION, f"the mail was not sent: {what} (its texts would change its headers)")
    return data


def breaches(data: bytes, promise: Promise) -> list[tuple[str, bool]]:
    message: Any = message_from_bytes(data, policy=default)
    parts = [part for part in message.walk() if part is not message]
    sound = isinstance(message, EmailMessage)
    return [
        ("a line ends oddly", bool(ODD_LINE_END.search(data))),
        ("a line is too long", any(len(line) > LONGEST_LINE for line in data.split(b"\r\n"))),
        ("its headers are not the ones that it was given", header_names(data) != promise.headers),
        ("another reader finds other headers", not sound or sorted(map(str.lower, message.keys())) != promise.headers),
        ("its sender is another", mailboxes(message, "from") != [promise.sender]),
        ("its recipient is another", mailboxes(message, "to") != [promise.recipient]),
        ("its address for replies is another", mailboxes(message, "reply-to") != listed(promise.reply_to)),
        ("its subject is another", squeezed(message["subject"]) != squeezed(promise.subject)),
        ("its Message-ID is another", squeezed(message["message-id"]) != promise.message_id),
        ("a part has headers of its own", any(set(map(str.lower, part.keys())) - OF_PARTS for part in parts)),
        ("it has other parts", leaves(parts) != ["text/plain", "text/html"] + ["file"] * promise.files),
    ]


def header_names(data: bytes) -> list[str]:
    """The names of the headers, sorted; a line that is no header stands for itself."""
    lines = data.partition(b"\r\n\r\n")[0].split(b"\r\n")
    return sorted(
        line.partition(b":")[0].decode("ascii", "replace").lower()
        for line in lines
        if not line.startswith((b" ", b"\t"))
    )


def mailboxes(message: Message, name: str) -> list[str]:
    found: list[Any] = message.get_all(name, [])
    return [address.addr_spec for header in found for address in header.addresses]


def listed(value: str | None) -> list[str]:
    return [] if value is None else [value]


def squeezed(value: Any) -> str:
    """*value* without blanks, of which folding may make more or fewer."""
    return "".join(str(value or "").split())


def leaves(parts: list[Message]) -> list[str]:
    """What the parts are that hold something."""
    return [
        "file" if part.get_content_disposition() == "attachment" else part.get_content_type()
        for part in parts
        if not part.is_multipart()
    ]
