"""No text becomes a header, a recipient or a part: not through line breaks, not through encoded words, not by any other way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.mail.guard import Promise, guarded
from advisorjobs.services.mail.message import Enclosed, Letter, built, file_name, harmless
from advisorjobs.services.mail.post import Server
from advisorjobs.services.mail.samples import letter
from advisorjobs.settings import Smtp
from tests.fixtures.mail_servers import MailServer, StartServer

SAMPLE = letter("welcome", "en")
PROMISE = Promise(
    sender=SAMPLE.sender,
    recipient=SAMPLE.recipient,
    reply_to=SAMPLE.reply_to,
    subject=SAMPLE.rendered.subject,
    message_id=SAMPLE.message_id,
    files=0,
)
HOSTILE = [
    "x\r\nBcc: eve@evil.example",
    "x\nBcc: eve@evil.example",
    "x\rBcc: eve@evil.example",
    "x\r\n\r\n<p>another body</p>",
    "x\r\n Bcc: eve@evil.example",
    "x\x0b\x0c\x1c\x85\u2028\u2029Bcc: eve@evil.example",
    "x\0Bcc: eve@evil.example",
    "=?utf-8?q?x=0ABcc:_eve@evil.example?=",
    "=?utf-8?q?x=0D=0ABcc:_eve@evil.example=0D=0A?=",
    "=?utf-8?b?eApCY2M6IGV2ZUBldmlsLmV4YW1wbGU=?=",
    "=?utf-8?q?x?= =?utf-8?q?=0ABcc:_eve@evil.example?=",
    "a" * 70 + " =?utf-8?q?x=0ABcc:_eve@evil.example?=",
    "ä" * 200 + "\r\nBcc: eve@evil.example",
    "x, eve@evil.example",
    'x" <eve@evil.example>, "y',
    "x\r\n.\r\nMAIL FROM:<eve@evil.example>\r\nRCPT TO:<mallory@evil.example>\r\nDATA",
    "x\n.\nMAIL FROM:<eve@evil.example>",
    "\u202egnp.exe",
    "𝓫𝓬𝓬: eve@evil.example",
]
"""The injections of the plan's test 40, for every text that comes near a header."""


def hostile_letters(text: str) -> dict[str, Letter]:
    """A mail with *text* in each of its places."""
    rendered = SAMPLE.rendered
    return {
        "subject": replace(SAMPLE, rendered=replace(rendered, subject=text)),
        "firm's name": replace(SAMPLE, sender_name=text),
        "file's name": replace(SAMPLE, files=[Enclosed(f"{text}.pdf", "application/pdf", b"%PDF")]),
        "text": replace(SAMPLE, rendered=replace(rendered, text=f"{text}\n")),
        "html": replace(SAMPLE, rendered=replace(rendered, html=f"<p>{text}</p>\n")),
    }


def names(data: bytes) -> list[str]:
    """Names of the headers, by nothing but lines."""
    lines = re.split(rb"\r\n|\r|\n", data.partition(b"\r\n\r\n")[0])
    return sorted(line.partition(b":")[0].decode().lower() for line in lines if not line[:1].isspace())


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_server_sees_one_recipient_and_no_new_header(start_mail_server: StartServer, text: str) -> None:
    server: MailServer = start_mail_server("none", login=False)
    way = Server(Smtp("127.0.0.1", server.port, None, None, "none"))
    for each in hostile_letters(text).values():
        data = built(each)
        await way.deliver(data, sender=each.sender, recipient=each.recipient, message_id=each.message_id, within=20)

    assert len(server.mails) == 5
    for mail in server.mails:
        assert mail.recipients == [SAMPLE.recipient]
        assert names(mail.data) == PROMISE.headers
        assert [each.addr_spec for each in mail.message["To"].addresses] == [SAMPLE.recipient]
        assert [each.addr_spec for each in mail.message["From"].addresses] == [SAMPLE.sender]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_whatever_a_text_holds_the_headers_stay(text: str) -> None:
    for place, each in hostile_letters(text).items():
        if place in ("text", "html") and "\0" in text:
            continue  # payloads refuse it
        if re.search("[\ud800-\udfff]", text):
            continue  # neither JSON nor a database has it
        assert names(built(each)) == PROMISE.headers


def test_what_is_harmless_already_stays_as_it_is() -> None:
    for text in ("Rechnung 7 – Müller & Söhne", "a = b? yes", "日本語の件名", "ä" * 150):
        assert harmless(text) == text


@pytest.mark.parametrize("tamper", [
    lambda data: data.replace(b"Subject: ", b"Bcc: eve@evil.example\r\nSubject: ", 1),
    lambda data: data.replace(b"Subject: ", b"Bcc : eve@evil.example\r\nSubject: ", 1),
    lambda data: data.replace(b"Subject: ", b"no header\r\nSubject: ", 1),
    lambda data: data.replace(b"Subject: ", b"To: eve@evil.example\r\nSubject: ", 1),
    lambda data: data.replace(b"To: ", b"To: eve@evil.example, ", 1),
    lambda data: data.replace(b"Reply-To: ", b"Reply-To: eve@evil.example, ", 1),
    lambda data: data.replace(b"From: ", b"From: eve@evil.example, ", 1),
    lambda data: data.replace(b"Subject: ", b"Subject: other ", 1),
    lambda data: data.replace(b"Message-ID: <", b"Message-ID: <x", 1),
    lambda data: data.replace(b"\r\n\r\n", b"\r\n\r\n\n.\n", 1),
    lambda data: data.replace(b"\r\n\r\n", b"\r\n\r\n\r.\r", 1),
    lambda data: data.replace(b"Hello", b"H\xc3\xa4llo", 1),
    lambda data: data.replace(b"Hello", b"Hello" * 300, 1),
    lambda data: data.replace(b"Content-Type: text/html", b"X-Other: 1\r\nContent-Type: text/html", 1),
    lambda data: data.replace(b"text/html", b"text/xml", 1),
])  # fmt: skip
def test_bytes_that_say_something_else_are_not_sent(tamper: Callable[[bytes], bytes]) -> None:
    data = built(SAMPLE)
    assert guarded(data, PROMISE) == data
    assert tamper(data) != data

    with pytest.raises(JobError, match="the mail was not sent") as caught:
        guarded(tamper(data), PROMISE)
    assert caught.value.code is ErrorCode.VALIDATION
    assert caught.value.permanent


def test_the_hole_in_pythons_email_package_is_seen_where_it_is_open() -> None:
    """CVE-2024-6923, as it is in Python 3.11.7: what harmless() keeps out is caught behind it too."""
    message = EmailMessage()
    for name, value in (("From", "a@b.example"), ("To", "c@d.example"), ("Subject", HOSTILE[7])):
        message[name] = value
    try:
        data = message.as_bytes()
    except Exception as error:  # where it is closed, Python says so itself
        assert type(error).__name__ == "HeaderWriteError"  # noqa: PT017
        return
    with pytest.raises(JobError):
        guarded(data, PROMISE)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.pdf", "a.pdf"),
        ('a"b<c>.pdf', "a_b_c_.pdf"),
        ("...", "file"),
        ("x" * 300 + ".pdf", "x" * 109 + ".pdf"),
        ("Brief März.pdf", "Brief März.pdf"),
    ],
)
def test_names_of_files_hold_no_folder_and_nothing_odd(name: str, safe: str) -> None:
    assert file_name(name) == safe
