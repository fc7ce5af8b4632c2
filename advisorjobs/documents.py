"""add_document: a file, its row and the first job of its pipeline, all of them or none.

The file is written first, then the row and the job by one statement. If that fails the file is removed. If the caller's
own transaction is rolled back later, nobody tells us: `sweep` removes files whose row never came.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from advisorjobs.application import App, the_app
from advisorjobs.database.link import is_passing
from advisorjobs.database.operation import Operation, only, operation
from advisorjobs.database.statement import statement
from advisorjobs.errors import PayloadError
from advisorjobs.services.reading.intake import FileKind, kind_of_bytes
from advisorjobs.services.storage import Shelf, storage

__all__ = ["AddDocument", "NewDocument", "add_document", "sweep"]

MEDIA_TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.JPEG: "image/jpeg",
    FileKind.PNG: "image/png",
    FileKind.TIFF: "image/tiff",
    FileKind.WEBP: "image/webp",
}
UNKNOWN_TYPE = "application/octet-stream"
ORPHAN_AGE = timedelta(days=1)
SWEEP_AT_ONCE = 500
LONGEST_ID = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """The row of a document that is being added, as advisorjobs_add_document() takes it."""

    id: str
    organization_id: str
    client_id: str | None
    file_name: str
    media_type: str
    size_bytes: int
    sha256: str
    storage_key: str


class AddDocument:
    """`await add_document(…)`, or `add_document.sync(…)` in blocking code. Returns the document's id.

    *data* is the file's content (then *filename* is needed) or the path of a file. *client_id*, if given, is one of the
    organization's clients. With *connection* (see JobOptions) everything happens in that connection's open transaction,
    otherwise in one of its own. A file that is no document is taken too: its job says so. Raises PayloadError for a wrong
    argument, JobError where the storage fails, and the database's own errors, after which no file is left.
    """

    async def __call__(
        self,
        data: bytes | str | Path,
        *,
        organization_id: str,
        client_id: str | None = None,
        filename: str | None = None,
        connection: Any = None,
    ) -> str:
        app = the_app()
        shelf, document, content = await asyncio.to_thread(
            _prepared, app, data, filename, organization_id=organization_id, client_id=client_id
        )
        inserting = _insertion("add_document", document, connection)
        await asyncio.to_thread(shelf.put, document.storage_key, content)
        try:
            await app.run_async(inserting)
        except BaseException as error:
            if not _undecided(error, connection):
                await asyncio.to_thread(shelf.remove, document.storage_key)
            raise
        return document.id

    def sync(
        self,
        data: bytes | str | Path,
        *,
        organization_id: str,
        client_id: str | None = None,
        filename: str | None = None,
        connection: Any = None,
    ) -> str:
        """As the call, blocking."""
        app = the_app()
        shelf, document, content = _prepared(app, data, filename, organization_id=organization_id, client_id=client_id)
        inserting = _insertion("add_document.sync", document, connection)
        shelf.put(document.storage_key, content)
        try:
            app.run(inserting)
        except BaseException as error:
            if not _undecided(error, connection):
                shelf.remove(document.storage_key)
            raise
        return document.id


add_document = AddDocument()


def sweep(organization_id: str, *, older_than: timedelta = ORPHAN_AGE, connection: Any = None) -> int:
    """Removes the organization's stored files whose document or report isn't in the database; returns how many.

    Also says in its feed which documents got no further because their job was ended by force. Blocking. *older_than* must be
    longer than any transaction that adds documents; default a day. *connection*: as JobRun.connection() gives it to a
    job of the organization, else connections of its own.
    """
    app = the_app()
    app.run(operation("sweep", statement("note_failed_documents"), {"organization": organization_id}, only, connection))
    shelf = storage(app.settings).shelf(organization_id)
    born_before = datetime.now(UTC) - older_than
    by_folder: dict[str, list[str]] = {}
    for file in shelf.files():
        if file.changed_at < born_before:
            by_folder.setdefault(file.key.rpartition("/")[0], []).append(file.key)
    removed = 0
    for folders in _pieces(sorted(by_folder), SWEEP_AT_ONCE):
        for folder in set(folders) - _known_folders(organization_id, folders, connection):
            for key in by_folder[folder]:
                shelf.remove(key)
                removed += 1
    return removed


def _known_folders(organization_id: str, folders: Sequence[str], connection: Any) -> set[str]:
    values = {"organization": organization_id, "folders": list(folders)}
    known = operation(
        "sweep", statement("known_documents"), values, lambda rows: {row["folder"] for row in rows}, connection
    )
    return the_app().run(known)


def _insertion(asked_by: str, document: NewDocument, connection: Any) -> Operation[int]:
    values = {"document": json.dumps(asdict(document))}
    return operation(asked_by, statement("add_document"), values, only, connection)


def _undecided(error: BaseException, connection: Any) -> bool:
    """Whether the row may be there all the same: a commit of our own whose answer was lost. Then the sweep decides."""
    return connection is None and is_passing(error)


def _prepared(
    app: App, data: bytes | str | Path, filename: str | None, *, organization_id: str, client_id: str | None
) -> tuple[Shelf, NewDocument, bytes]:
    if not 1 <= len(organization_id) <= LONGEST_ID:
        raise PayloadError("add_document", {"organization_id": f"must have 1 to {LONGEST_ID} characters"})
    content, name = _content(data, filename)
    shelf = storage(app.settings).shelf(organization_id)
    return shelf, _new_document(shelf, content, name, organization_id, client_id), content


def _content(data: bytes | str | Path, filename: str | None) -> tuple[bytes, str]:
    if isinstance(data, bytes):
        if not filename:
            raise PayloadError("add_document", {"filename": "is needed where the data are bytes"})
        return data, Path(filename).name
    path = Path(data)
    try:
        return path.read_bytes(), Path(filename or path).name
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise PayloadError("add_document", {"data": f"{path} can't be read ({reason})"}) from error


def _new_document(shelf: Shelf, content: bytes, name: str, organization_id: str, client_id: str | None) -> NewDocument:
    document_id, kind = str(uuid.uuid4()), kind_of_bytes(content[:1024])
    return NewDocument(
        id=document_id,
        organization_id=organization_id,
        client_id=client_id,
        file_name=name.replace("\0", ""),
        media_type=MEDIA_TYPES[kind] if kind else UNKNOWN_TYPE,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        storage_key=shelf.key(document_id, "original"),
    )


def _pieces(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
