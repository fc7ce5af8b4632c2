"""The rules of shared fields: what is taken can do no harm where it is put."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, date, datetime
from decimal import Decimal
from email.message import EmailMessage
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisorjobs.fields import Day, EmailAddress, Identifier, Language, Line, Money, Period, Text, WebAddress

PIECES = st.sampled_from(
    ["\r", "\n", "\r\n", "\0", "\x0b", "\u2028", "\u202e", "\ud800", " ", "\t", "=?utf-8?q?x=0ABcc:_evil@x.y?=", "=?", "?=",
     "Bcc: evil@x.y", "<evil@x.y>", ",", ";", ":", "@", '"', "(", ")", "\\", "a", "ada", "x.y", "é", "\u00a0", "–"]
)  # fmt: skip
HOSTILE = st.lists(PIECES, max_size=6).map("".join)


def taken(kind: Any, value: Any) -> Any:
    return pydantic.TypeAdapter(kind).validate_python(value)


def is_taken(kind: Any, value: Any) -> bool:
    try:
        taken(kind, value)
    except pydantic.ValidationError:
        return False
    return True


def delivered(**headers: str) -> EmailMessage:
    """A mail with these headers, as the one who gets it reads it."""
    message = EmailMessage()
    for name, value in headers.items():
        message[name] = value
    message.set_content("text")
    read = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


@given(local=HOSTILE, domain=HOSTILE)
def test_an_address_that_is_taken_names_one_recipient_and_adds_no_header(local: str, domain: str) -> None:
    for address in (f"{local}@{domain}", f"ada{local}@x.y", f"ada@x.y{domain}"):
        if is_taken(EmailAddress, address):
            message = delivered(To=address)
            assert [each.addr_spec for each in message["To"].addresses] == [address]
            assert message["Bcc"] is None


@given(text=HOSTILE)
def test_a_line_that_is_taken_adds_no_header_to_a_mail(text: str) -> None:
    if is_taken(Line, text):
        message = delivered(Subject=text, To="ada@x.y")
        assert message["Bcc"] is None
        assert sorted(message.keys()) == ["Content-Transfer-Encoding", "Content-Type", "MIME-Version", "Subject", "To"]
        assert message["Subject"].split() == text.split()


@pytest.mark.parametrize(
    "address",
    ["ada@example.com", "a.b+c@x-y.example", "o'neil@sub.example.org", "x@xn--mller-kva.example", "a@localhost"],
)
def test_ordinary_addresses_are_taken(address: str) -> None:
    assert taken(EmailAddress, address) == address


@pytest.mark.parametrize(
    "address",
    ["", "ada", "@x.y", "ada@", "ada@-x.y", "ada@x..y", "a@x.y ", "Ada <ada@x.y>", "jörg@x.y", "a" * 65 + "@x.y"],
)
def test_what_is_no_single_address_is_refused(address: str) -> None:
    assert not is_taken(EmailAddress, address)


def test_texts_of_people_are_taken_as_they_write() -> None:
    assert taken(Line, "Facture n°\u00a012 – 50\u202f% d’été 👩‍💼") == "Facture n°\u00a012 – 50\u202f% d’été 👩‍💼"
    assert taken(Text, "First line\r\nsecond\tline\n") == "First line\nsecond\tline\n"
    assert not is_taken(Text, "carriage\rreturn")
    assert not is_taken(Identifier, "a\nb")


@pytest.mark.parametrize(
    "address", ["http://x.y", "javascript:alert(1)", "https://", "https://u:p@x.y", "https://x.y/a b", "https://x.y/\n"]
)
def test_only_plain_https_addresses_may_be_clicked(address: str) -> None:
    assert is_taken(WebAddress, "https://pay.example/in/7?t=1#x")
    assert not is_taken(WebAddress, address)


def test_money_is_never_a_float() -> None:
    assert taken(Money, "12.50") == Decimal("12.50")
    assert taken(Money, -3) == Decimal(-3)
    for wrong in (12.5, True, "12.505", "1e99", "Infinity", "twelve", "1" * 16):
        assert not is_taken(Money, wrong)


def test_days_are_days() -> None:
    assert taken(Day, "2024-02-29") == date(2024, 2, 29)
    assert taken(Day, datetime(2024, 2, 29, tzinfo=UTC)) == date(2024, 2, 29)
    for wrong in (20240229, "2023-02-29", datetime(2024, 2, 29, 8, tzinfo=UTC), "tomorrow", 1.5):
        assert not is_taken(Day, wrong)
    assert taken(Period, {"start": "2024-01-01", "end": "2024-01-01"})
    with pytest.raises(pydantic.ValidationError, match="must not be before start"):
        Period(start=date(2024, 1, 2), end=date(2024, 1, 1))


def test_languages_are_codes() -> None:
    assert all(is_taken(Language, code) for code in ("en", "de-AT", "zh-Hans-CN", "gsw"))
    assert not any(is_taken(Language, code) for code in ("", "e", "EN", "english", "de_AT", "de-"))
