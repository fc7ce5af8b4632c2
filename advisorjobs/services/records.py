"""The row of a document, as the jobs of its pipeline read and write it.

Every function takes a blocking connection whose transaction works for the document's organization, as
JobRun.connection() gives it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.documents.classification import Classification
from advisorjobs.services.documents.extraction import Extraction
from advisorjobs.services.reading.page import Reading
from advisorjobs.services.scanning import Verdict

__all__ = [
    "Record",
    "find_document",
    "find_reading",
    "other_statements",
    "queue_step",
    "record_fields",
    "record_reading",
    "record_scan",
    "record_thumbnail",
    "record_type",
    "storable",
]


_ODD = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What of a document's row decides what a job does; the large columns are fetched on their own."""

    id: str
    organization_id: str
    client_id: str | None
    file_name: str
    storage_key: str
    scan: str | None
    scan_engine: str | None
    signature: str | None
    engine: str | None
    pages: int | None
    document_type: str | None
    type_confidence: float | None
    extract_engine: str | None
    thumbnail_key: str | None
    was_read: bool
    was_extracted: bool


def find_document(connection: Any, organization_id: str, document_id: str) -> Record:
    """The document; JobError `not_found` where its organization has none of this id, whoever else may have one."""
    cursor = connection.execute(statement("find_document"), _place(organization_id, document_id))
    row = cursor.fetchone()
    if row is None:
        raise JobError(ErrorCode.NOT_FOUND, f"the organization has no document {document_id!r}")
    return Record(**dict(zip((column.name for column in cursor.description), row, strict=True)))


def other_statements(connection: Any, document: Record, *, seconds: float) -> bool:
    """Whether the document's client has others that are or may yet be bank statements: of the last *seconds*, or under way."""
    where = {**_place(document.organization_id, document.id), "client": document.client_id, "seconds": seconds}
    (found,) = connection.execute(statement("other_statements"), where).fetchone()
    return bool(found)


def find_reading(connection: Any, organization_id: str, document_id: str) -> Reading:
    """What OCR read. JobError `not_found`, to be tried again, while it hasn't."""
    row = connection.execute(statement("find_reading"), _place(organization_id, document_id)).fetchone()
    if row is None or row[0] is None:
        raise JobError(
            ErrorCode.NOT_FOUND,
            f"document {document_id!r} hasn't been read yet: queue document:ocr first",
            permanent=False,
        )
    return Reading.from_json(row[0])


def record_scan(connection: Any, record: Record, verdict: Verdict) -> bool:
    """Each record_… writes one step's result and says whether it was the first to do so."""
    values = {"scan": verdict.scan, "engine": verdict.engine, "signature": verdict.signature}
    return _record(connection, "record_scan", record, values)


def record_reading(connection: Any, record: Record, reading: Reading) -> bool:
    values = {
        "engine": reading.engine,
        "reading": json.dumps(storable(reading.to_json())),
        "text": storable(reading.text),
        "pages": len(reading.pages),
    }
    return _record(connection, "record_reading", record, values)


def record_type(connection: Any, record: Record, found: Classification) -> bool:
    return _record(connection, "record_type", record, {"type": found.type, "confidence": found.confidence})


def record_fields(connection: Any, record: Record, found: Extraction, engine: str) -> bool:
    fields = storable(found.to_json())
    lines = fields.pop("lines")
    values = {"fields": json.dumps(fields), "lines": json.dumps(lines), "engine": engine}
    return _record(connection, "record_fields", record, values)


def record_thumbnail(connection: Any, record: Record, key: str) -> bool:
    return _record(connection, "record_thumbnail", record, {"key": key})


def queue_step(connection: Any, record: Record, name: str) -> None:
    """Queues the pipeline's job *name* for the document, unless that was done before; in this transaction."""
    connection.execute(statement("queue_document_step"), {**_place(record.organization_id, record.id), "name": name})


def storable(value: Any) -> Any:
    """*value* with each character that PostgreSQL can't keep (NUL, lone surrogates) replaced by U+FFFD."""
    match value:
        case str():
            return _ODD.sub("\ufffd", value)
        case dict():
            return {key: storable(each) for key, each in value.items()}
        case list():
            return [storable(each) for each in value]
    return value


def _place(organization_id: str, document_id: str) -> dict[str, str]:
    return {"organization": organization_id, "document": document_id}


def _record(connection: Any, name: str, record: Record, values: dict[str, Any]) -> bool:
    cursor = connection.execute(statement(name), {**_place(record.organization_id, record.id), **values})
    return cursor.fetchone() is not None
