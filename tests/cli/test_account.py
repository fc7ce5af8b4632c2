"""The readable account of what came out."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from advisorjobs.cli.account import account, printable

COMPLETED: dict[str, Any] = {
    "file": "bill.pdf",
    "status": "completed",
    "document_type": "bank_statement",
    "text": "twelve chars",
    "fields": {
        **dict.fromkeys(["number", "date", "currency", "net", "tax"]),
        "issuer": {"value": "Bank [of] \x1b[31mEvil", "confidence": 0.98},
        "total": {"value": "12.50", "confidence": 0.5},
    },
    "lines": [
        {"description": f"line {number}", "quantity": None, "unit_price": None, "amount": "1.00", "date": None}
        for number in range(20)
    ],
    "pages": 2,
    "scan": "not_scanned",
    "thumbnail": "/data/thumbnail.png",
    "engine": "local",
}
FAILED = {
    **COMPLETED,
    "file": "locked.pdf",
    "status": "failed",
    "error_code": "validation",
    "error": "needs a password",
}


def shown(*outcomes: dict[str, Any], **options: Any) -> str:
    written = io.StringIO()
    account(outcomes, Console(file=written, width=120, **options))
    return written.getvalue()


def test_a_completed_document_is_shown_with_its_fields_and_how_sure_they_are() -> None:
    text = shown(COMPLETED)

    assert "bill.pdf  bank statement" in text
    assert "total     12.50" in text
    assert "50 %" in text
    assert "2 pages, 12 characters, read by the local engine; scan: not scanned" in text
    assert "1 completed\n" in text


def test_a_failed_document_is_shown_with_code_and_reason() -> None:
    text = shown(COMPLETED, FAILED)

    assert "locked.pdf  failed: validation\n  needs a password" in text
    assert "1 completed, 1 failed\n" in text


def test_long_lists_are_cut_and_counted() -> None:
    text = shown(COMPLETED)

    assert "line 11" in text
    assert "line 12" not in text
    assert "and 8 more" in text


def test_what_a_document_says_neither_steers_the_terminal_nor_is_taken_for_markup() -> None:
    text = shown(COMPLETED, force_terminal=True, color_system="standard")

    assert "Bank [of]  [31mEvil" in text
    assert printable("a\x1b[0m\x07b\nc") == "a [0m b c"
