"""Helpers of the queue document-processing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from advisorjobs.calls import Helper
from advisorjobs.enqueue import JobOptions
from advisorjobs.helpers.queueing import queueing

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.database.operation import Operation

__all__ = [
    "queue_document_classification",
    "queue_document_ocr",
    "queue_form_extraction",
    "queue_thumbnail",
    "queue_virus_scan",
]


@Helper
def queue_document_ocr(
    app: App,
    document_id: str,
    organization_id: str,
    *,
    language: str = "en",
    extract_tables: bool = False,
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Has a document's text read; *language* (ISO 639-1) is a hint, *extract_tables* asks for its tables too."""
    payload = {
        "document_id": document_id,
        "organization_id": organization_id,
        "language": language,
        "extract_tables": extract_tables,
    }
    return queueing(app, "queue_document_ocr", "document:ocr", payload, options)


@Helper
def queue_document_classification(
    app: App, document_id: str, organization_id: str, **options: Unpack[JobOptions]
) -> Operation[int]:
    """Has it found out what kind of document this is."""
    payload = {"document_id": document_id, "organization_id": organization_id}
    return queueing(app, "queue_document_classification", "document:classify", payload, options)


@Helper
def queue_form_extraction(
    app: App, document_id: str, organization_id: str, *, language: str = "en", **options: Unpack[JobOptions]
) -> Operation[int]:
    """Has a document's fields extracted: number, dates, issuer, amounts, lines. *language* as for OCR."""
    payload = {"document_id": document_id, "organization_id": organization_id, "language": language}
    return queueing(app, "queue_form_extraction", "document:extract", payload, options)


@Helper
def queue_virus_scan(app: App, document_id: str, organization_id: str, **options: Unpack[JobOptions]) -> Operation[int]:
    """Has a document scanned for viruses."""
    payload = {"document_id": document_id, "organization_id": organization_id}
    return queueing(app, "queue_virus_scan", "document:virus_scan", payload, options)


@Helper
def queue_thumbnail(app: App, document_id: str, organization_id: str, **options: Unpack[JobOptions]) -> Operation[int]:
    """Has a small picture of a document's first page made."""
    payload = {"document_id": document_id, "organization_id": organization_id}
    return queueing(app, "queue_thumbnail", "document:thumbnail", payload, options)
