"""What came out of a document, as `process --json` prints it and as the account shows it. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from advisorjobs.cli.progress import Progress
from advisorjobs.services.documents.extraction import FIELDS

__all__ = ["outcome"]


def outcome(document: Progress, row: Mapping[str, Any], place: Callable[[str], str]) -> dict[str, Any]:
    """The object of contract: keys in their order, `error_code` and `error` only where the document failed.

    *row* is the document's row of sql/document_results.sql; *place* says where the file of a storage key is.
    """
    return {
        "file": document.file,
        "status": "completed" if document.completed else "failed",
        **({} if document.completed else failure(document)),
        "document_type": row["document_type"],
        "text": row["text"] or "",
        "fields": {name: (row["fields"] or {}).get(name) for name in FIELDS},
        "lines": row["lines"] or [],
        "pages": row["pages"],
        "scan": row["scan"] or "not_scanned",
        "thumbnail": place(row["thumbnail_key"]) if row["thumbnail_key"] else None,
        "engine": row["extract_engine"] or row["engine"],
    }


def failure(document: Progress) -> dict[str, Any]:
    step = document.failure
    if step is None:
        return {"error_code": "internal", "error": "the pipeline ended before its last step"}
    return {"error_code": step.error_code or "internal", "error": step.error_message or f"{step.name} {step.state}"}
