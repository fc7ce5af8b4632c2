"""Which errors are taken for the same fault."""

from __future__ import annotations

import json

import pytest

from advisorjobs.engine.fingerprint import fingerprint_of, fingerprint_of_text, without_data


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("invoice 4711 of 'Müller & Sons' has no total", "invoice ? of ? has no total"),
        ("no mailbox ada@example.com at smtp://mail.example.com:25", "no mailbox ? at ?"),
        ("DETAIL: Key (email)=(ada@example.com) already exists.", "DETAIL: Key ? already exists."),
        ("can't open /var/lib/docs/7f3a.pdf\nsecond line", "can't open ?"),
        ("no row for 3f2b8c1e-9a77-4d52-8a51-0c2b4f8e9d11", "no row for ?"),
        ("", ""),
    ],
)
def test_a_message_loses_its_data(message: str, kept: str) -> None:
    assert without_data(message) == kept


def raised(call: object, *args: object) -> str:
    try:
        call(*args)  # type: ignore[operator]
    except Exception as error:
        return fingerprint_of(error)
    raise AssertionError("nothing was raised")


def parse(text: str) -> object:
    return json.loads(text)


def parse_elsewhere(text: str) -> object:
    return json.loads(text)


def refuse(what: str) -> None:
    raise ValueError(what)


def test_the_same_fault_has_one_fingerprint_whatever_the_data() -> None:
    assert raised(refuse, "client 12 is unknown") == raised(refuse, "client 99 is unknown")
    assert raised(parse, "{") == raised(parse, " {")


def test_another_type_place_or_text_is_another_fault() -> None:
    assert raised(refuse, "client 12 is unknown") != raised(refuse, "client 12 is closed")
    assert raised(parse, "{") != raised(parse_elsewhere, "{")
    assert raised(refuse, "x") != raised(int, "x")


def test_a_failure_without_an_exception_is_told_by_its_job_code_and_reason() -> None:
    died = "the child process that ran it was killed (death {} of 3)"
    assert fingerprint_of_text("a:b", "crashed", died.format(1)) == fingerprint_of_text(
        "a:b", "crashed", died.format(2)
    )
    assert fingerprint_of_text("a:b", "crashed", died) != fingerprint_of_text("a:c", "crashed", died)
    assert fingerprint_of_text("a:b", None, None) == fingerprint_of_text("a:b", "", "")
