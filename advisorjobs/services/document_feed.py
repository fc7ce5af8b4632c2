"""What the firm's feed says about a document, one line for people each: infected, completed, booked, failed.

That it was received is said where it is inserted (migrations/functions/documents.sql). Every function gives statement and
parameters for `connection.execute(*…)`.
"""

from __future__ import annotations

from typing import Any, LiteralString

from advisorjobs.services.activity import activity
from advisorjobs.services.bookings import Booked
from advisorjobs.services.documents.extraction import Extraction, Field
from advisorjobs.services.records import Record, storable

__all__ = ["booked", "completed", "failed", "infected"]

Entry = tuple[LiteralString, dict[str, Any]]

_NAMES = {
    "invoice": "invoice",
    "receipt": "receipt",
    "bank_statement": "bank statement",
    "tax_form": "tax form",
    "letter": "letter",
    "other": "another kind of document",
}


def infected(document: Record, signature: str | None) -> Entry:
    text = f"infected ({signature}): it is kept, and nothing opens it"
    return _entry(document, "document.infected", text, {"signature": signature})


def completed(document: Record, found: Extraction) -> Entry:
    """Says kind, issuer, number and total, as far as they were found."""
    kind = document.document_type or "other"
    issuer, number, total = (_value(field) for field in (found.issuer, found.number, found.total))
    parts = [
        _NAMES.get(kind, kind),
        issuer and f"of {issuer}",
        number and f"no. {number}",
        total and f"{'closing at ' if kind == 'bank_statement' else ''}{_money(found)}",
    ]
    data = {
        "document_type": kind,
        "issuer": issuer,
        "number": number,
        "total": total,
        "currency": _value(found.currency),
    }
    return _entry(document, "document.completed", " ".join(filter(None, parts)), data)


def booked(document: Record, what: Booked) -> Entry:
    """Says what was booked of a bank statement, and what a person should look at."""
    return _entry(document, "statement.booked", _booked_text(document, what), what.to_json())


def failed(document: Record, job: str, code: str, text: str) -> Entry:
    """One entry for each job of the document that failed for good; *text* says why."""
    return _entry(document, "document.failed", text, {"job": job, "error_code": code}, part=job)


def _booked_text(document: Record, what: Booked) -> str:
    if document.client_id is None:
        return "it belongs to no client: none of its movements is booked"
    parts = [f"{what.booked} movements booked" if what.booked != 1 else "1 movement booked"]
    if what.known:
        parts.append(f"{what.known} were booked before")
    if what.unread:
        parts.append(f"{what.unread} lines have no day or amount that could be read")
    if what.missing:
        parts.append(f"please check: opening balance and movements differ from the closing balance by {what.missing}")
    elif what.missing is None:
        parts.append("its balances can't be checked, it doesn't say both")
    return ", ".join(parts)


def _entry(document: Record, kind: str, text: str, data: dict[str, Any], part: str = "") -> Entry:
    key = ":".join(filter(None, (kind, document.id, part)))
    line = storable(" ".join(f"{document.file_name}: {text}".split()))
    return activity(
        key, kind, line, subject=("document", document.id), client_id=document.client_id, data=storable(data)
    )


def _money(found: Extraction) -> str:
    return " ".join(filter(None, (_value(found.total), _value(found.currency))))


def _value(field: Field | None) -> str | None:
    return field.value if field else None
