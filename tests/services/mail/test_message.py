"""The bytes of a mail: the same for the same job, and a mail program finds in them what was meant."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import Any

from advisorjobs.services.mail.message import built, message_id
from advisorjobs.services.mail.samples import letter


def test_the_message_id_follows_from_organization_and_job() -> None:
    first = message_id("org", 17, "welcome", "mail@firm.example")

    assert first == message_id("org", 17, "welcome", "mail@firm.example")
    assert first.startswith("<welcome.17.")
    assert first.endswith("@firm.example>")
    others = [message_id("org2", 17, "welcome", "m@firm.example"), message_id("org", 18, "welcome", "m@firm.example")]
    assert len({first, *others}) == 3
    assert "org" not in first


def test_a_second_call_gives_the_same_bytes() -> None:
    assert built(letter("report_delivery", "de")) == built(letter("report_delivery", "de"))


def test_a_mail_program_finds_its_parts() -> None:
    sample = letter("report_delivery", "de")
    message: Any = message_from_bytes(built(sample), policy=default)

    assert message["Subject"] == "Ihr Bericht: Financial report, first quarter 2026"
    assert message["Date"].datetime == sample.moment
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == sample.rendered.text
    assert message.get_body(("html",)).get_content().replace("\r\n", "\n") == sample.rendered.html + "\n"
