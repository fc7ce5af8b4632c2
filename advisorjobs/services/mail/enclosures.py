"""A mail's files: which they are, whether they may leave, and their content.

An attachment is the id of a document or of a report of the mail's organization. What is infected never leaves; what the virus
scanner hasn't seen yet waits for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.mail.message import Enclosed
from advisorjobs.services.storage import Shelf

__all__ = ["LARGEST", "Enclosure", "contents", "find_enclosures"]

LARGEST = 15 << 20
"""Bytes of all files of a mail together. Base64 makes a third more of them, and many servers take 25 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file's row. `scan` is as in documents; the practice's own reports are clean."""

    id: str
    file_name: str
    storage_key: str
    media_type: str
    size_bytes: int
    sha256: str
    scan: str | None


async def find_enclosures(connection: Any, organization_id: str, ids: Sequence[str]) -> list[Enclosure]:
    """The rows of *ids*, in their order, all of which may be sent.

    JobError `not_found` for an id that the organization has no file of, whoever else may have one; `validation` for an
    infected file and for too much of them.
    """
    if not ids:
        return []
    cursor = await connection.execute(statement("find_enclosures"), {"organization": organization_id, "ids": list(ids)})
    columns = [column.name for column in cursor.description]
    found = [Enclosure(**dict(zip(columns, row, strict=True))) for row in await cursor.fetchall()]
    enclosures = [only(found, each) for each in ids]
    total = sum(each.size_bytes for each in enclosures)
    if total > LARGEST:
        told = f"the attachments have {total / (1 << 20):.1f} MB together; a mail takes {LARGEST >> 20} MB: send a link"
        raise JobError(ErrorCode.VALIDATION, told)
    return enclosures


def only(found: Sequence[Enclosure], wanted: str) -> Enclosure:
    """The file with this id, if it may leave."""
    files = [each for each in found if each.id == wanted]
    if not files:
        raise JobError(ErrorCode.NOT_FOUND, f"the organization has no document or report {wanted!r} to attach")
    if len(files) > 1:
        raise JobError(ErrorCode.VALIDATION, f"{wanted!r} is a document and a report: nobody knows which to attach")
    if files[0].scan == "infected":
        raise JobError(ErrorCode.VALIDATION, f"document {wanted!r} is infected: it is not sent to anybody")
    if files[0].scan is None:
        told = f"document {wanted!r} hasn't been scanned for viruses yet"
        raise JobError(ErrorCode.VALIDATION, told, permanent=False)
    return files[0]


def contents(shelf: Shelf, enclosures: Sequence[Enclosure]) -> list[Enclosed]:
    """The files themselves. Blocking. JobError `not_found` where one is gone, `internal` where it isn't what was stored."""
    return [Enclosed(each.file_name, each.media_type, whole(shelf.get(each.storage_key), each)) for each in enclosures]


def whole(content: bytes, enclosure: Enclosure) -> bytes:
    if hashlib.sha256(content).hexdigest() != enclosure.sha256:
        raise JobError(ErrorCode.INTERNAL, f"the stored file of {enclosure.id!r} is not the one that was stored")
    return content
