"""What is done with a document: virus check, reading, classification, extraction, a thumbnail.

add_document() queues the virus check. With `pipeline` each job queues what comes next in the transaction that
completes it: virus_scan → ocr and thumbnail, ocr → classify → extract. Whoever queues a job alone gets that step alone.
A step that is done already is skipped; an infected document is not touched by any. extract books a bank statement's
lines. The firm's feed says what became of the document, and why a step failed for good.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import Field

from advisorjobs.errors import ErrorCode, JobError, LeaseLost
from advisorjobs.job_run import JobRun
from advisorjobs.payloads import Payload
from advisorjobs.settings import Settings
from advisorjobs.task import task

if TYPE_CHECKING:
    from pathlib import Path

    from advisorjobs.services.bookings import Booked
    from advisorjobs.services.reading.page import Reading
    from advisorjobs.services.reading.reader import DocumentReader
    from advisorjobs.services.records import Record
    from advisorjobs.services.storage import Shelf

Result = dict[str, Any]
P = TypeVar("P", bound="DocumentPayload")

_PILE = 10
"""Seconds: statements of one client that come within so many are sorted by one job, twice as long after it was queued, when
no transaction that saw it waiting is open any more. One that comes alone is sorted at once."""


class DocumentPayload(Payload):
    """`pipeline`: queue the next step when this one is done."""

    document_id: str = Field(min_length=1, max_length=200)
    pipeline: bool = False


class VirusScanPayload(DocumentPayload):
    """`operation` is what the Bull system's payloads say too; it can only be the job's own."""

    operation: Literal["virus_scan"] = "virus_scan"


class OcrPayload(DocumentPayload):
    """`language` (ISO 639-1) is a hint; `extract_tables` asks for tables too."""

    operation: Literal["ocr"] = "ocr"
    language: str = Field(default="en", min_length=2, max_length=35)
    extract_tables: bool = False


class ClassifyPayload(DocumentPayload):
    operation: Literal["classify"] = "classify"


class ExtractPayload(DocumentPayload):
    """`language` is a hint for pages whose picture has to be read."""

    operation: Literal["extract"] = "extract"
    language: str = Field(default="en", min_length=2, max_length=35)


class ThumbnailPayload(DocumentPayload):
    operation: Literal["thumbnail"] = "thumbnail"


def _telling(step: Callable[[JobRun[P]], Result]) -> Callable[[JobRun[P]], Result]:
    """*step*, which says in the firm's feed why it failed, once it won't be tried again."""

    @functools.wraps(step)
    def told(job: JobRun[P]) -> Result:
        try:
            return step(job)
        except LeaseLost:
            raise
        except Exception as error:
            if _ends(job, error):
                _tell_failure(job, error)
            raise

    return told


@task("document:virus_scan", payload=VirusScanPayload)
@_telling
def virus_scan(job: JobRun[VirusScanPayload]) -> Result:
    """Has clamd look at the file. An infected one fails the job for good, and with it the document's pipeline."""
    from advisorjobs.services import document_feed, records, scanning

    settings, document = Settings.from_environment(), _document(job)
    _refuse_infected(document)
    if document.scan == "clean" or (document.scan and settings.clamd is None):
        return {"skipped": True, "scan": document.scan, "engine": document.scan_engine}
    with _shelf(job, settings).copy(document.storage_key) as path:
        verdict = scanning.scanner(settings.clamd).scan(path)
    if verdict.scan == "infected":
        with job.connection() as connection:  # kept, although the job fails
            records.record_scan(connection, document, verdict)
            connection.execute(*document_feed.infected(document, verdict.signature))
        raise _infected(verdict.signature)
    with job.transaction() as connection:
        records.record_scan(connection, document, verdict)
        job.result = {"scan": verdict.scan, "engine": verdict.engine}
        _go_on(job, connection, document, "document:ocr", "document:thumbnail")
    return job.result


@task("document:ocr", payload=OcrPayload)
@_telling
def ocr(job: JobRun[OcrPayload]) -> Result:
    """Reads the document's words with their places, for the steps after it, and its text."""
    from advisorjobs.services import records

    settings, document = Settings.from_environment(), _document(job)
    _refuse_infected(document)
    if document.was_read:
        return {"skipped": True, "engine": document.engine, "pages": document.pages}
    with _shelf(job, settings).copy(document.storage_key) as path:
        reading = _reader(settings).read(path, language=job.payload.language, tables=job.payload.extract_tables)
    with job.transaction() as connection:
        first = records.record_reading(connection, document, reading)
        done = {"engine": reading.engine, "pages": len(reading.pages), "characters": len(reading.text)}
        job.result = done if first else {"skipped": True, **done}
        _go_on(job, connection, document, "document:classify")
    return job.result


@task("document:classify", payload=ClassifyPayload)
@_telling
def classify(job: JobRun[ClassifyPayload]) -> Result:
    """Says what kind of document was read."""
    from advisorjobs.services import records
    from advisorjobs.services.documents import classification

    document = _document(job)
    _refuse_infected(document)
    if document.document_type:
        known = {"document_type": document.document_type, "confidence": document.type_confidence}
        return {"skipped": True, "engine": "local", **known}
    found = classification.classify(_reading(job))
    with job.transaction() as connection:
        first = records.record_type(connection, document, found)
        done = {"engine": "local", "document_type": found.type, "confidence": found.confidence}
        job.result = done if first else {"skipped": True, **done}
        _go_on(job, connection, document, "document:extract")
    return job.result


@task("document:extract", payload=ExtractPayload)
@_telling
def extract(job: JobRun[ExtractPayload]) -> Result:
    """Draws out issuer, number, date, amounts and lines, each with its confidence, and books a bank statement."""
    from advisorjobs.services import bookings, document_feed, records
    from advisorjobs.services.documents import extraction

    settings, document = Settings.from_environment(), _document(job)
    _refuse_infected(document)
    if document.was_extracted:
        return {"skipped": True, "engine": document.extract_engine}
    reading, reader = _reading(job), _reader(settings)
    with _shelf(job, settings).copy(document.storage_key) as path:
        reading = _with_service_fields(reading, reader, path, document.document_type)
        found = extraction.extract(
            reading,
            kind=document.document_type,
            read_picture=lambda: reader.read_picture(path, language=job.payload.language),
        )
    with job.transaction() as connection:
        first = records.record_fields(connection, document, found, reading.engine)
        done = {"engine": reading.engine, "read_picture": found.read_picture, "lines": len(found.lines)}
        job.result = done if first else {"skipped": True, **done}
        if first:
            connection.execute(*document_feed.completed(document, found))
            _booked(job, connection, document, bookings.book(connection, document, found))
    return job.result


@task("document:thumbnail", payload=ThumbnailPayload)
@_telling
def thumbnail(job: JobRun[ThumbnailPayload]) -> Result:
    """Stores a small picture of the first page beside the document."""
    from advisorjobs.services import records
    from advisorjobs.services.reading import thumbnail as drawing

    settings, document = Settings.from_environment(), _document(job)
    _refuse_infected(document)
    if document.thumbnail_key:
        return {"skipped": True, "engine": "local"}
    shelf = _shelf(job, settings)
    with shelf.copy(document.storage_key) as path:
        picture = drawing.thumbnail(path)
    key = shelf.key(document.id, "thumbnail.png")
    shelf.put(key, picture)
    with job.transaction() as connection:
        records.record_thumbnail(connection, document, key)
        job.result = {"engine": "local", "bytes": len(picture)}
    return job.result


def _document(job: JobRun[Any]) -> Record:
    """The document's row, if it is the job's own organization's."""
    from advisorjobs.services import records

    with job.connection() as connection:
        return records.find_document(connection, job.payload.organization_id, job.payload.document_id)


def _reading(job: JobRun[Any]) -> Reading:
    from advisorjobs.services import records

    with job.connection() as connection:
        return records.find_reading(connection, job.payload.organization_id, job.payload.document_id)


def _shelf(job: JobRun[Any], settings: Settings) -> Shelf:
    from advisorjobs.services.storage import storage

    return storage(settings).shelf(job.payload.organization_id)


def _reader(settings: Settings) -> DocumentReader:
    from advisorjobs.services.reading.reader import document_reader

    azure = settings.form_recognizer
    return document_reader(azure.endpoint, azure.key) if azure else document_reader()


def _with_service_fields(reading: Reading, reader: DocumentReader, path: Path, kind: str | None) -> Reading:
    """*reading* with the fields that the reader's own engine extracts from documents of this kind."""
    from dataclasses import replace

    if kind not in reader.extracts:
        return reading
    service = reader.read(path, kind=kind)
    return replace(reading, engine=service.engine, fields=service.fields)


def _booked(job: JobRun[Any], connection: Any, document: Record, booked: Booked | None) -> None:
    """Says what was booked of a statement and has it sorted into categories, in the transaction that books it."""
    from advisorjobs import queue_transaction_classification
    from advisorjobs.services import document_feed, records

    if booked is None:
        return
    job.result = {**job.result, "statement": booked.to_json()}
    connection.execute(*document_feed.booked(document, booked))
    if booked.booked and document.client_id:
        pile = {
            "schedule_in": 2 * _PILE,
            "unique_key": f"statements:{document.client_id}:{int(time.time()) // _PILE}",
        }
        alone = not records.other_statements(connection, document, seconds=2 * _PILE)
        queue_transaction_classification.sync(
            document.client_id, document.organization_id, connection=connection, **({} if alone else pile)
        )


def _ends(job: JobRun[Any], error: Exception) -> bool:
    """Whether *error* is the job's end: a permanent one, or the last run's."""
    from advisorjobs.settings import effective_queue

    if isinstance(error, JobError) and (error.permanent or error.code is ErrorCode.RATE_LIMITED):
        return error.permanent
    return job.attempt > effective_queue(Settings.from_environment(), job.queue).retries


def _tell_failure(job: JobRun[Any], error: Exception) -> None:
    """In a transaction of its own: the job's has failed. Of a document that isn't there, or is infected, nothing is said."""
    from advisorjobs.services import document_feed, records

    known = isinstance(error, JobError)
    code, text = (error.code, str(error)) if known else (ErrorCode.INTERNAL, f"{job.name} met an error of the program")
    with job.connection() as connection:
        try:
            document = records.find_document(connection, job.payload.organization_id, job.payload.document_id)
        except JobError:
            return
        if document.scan != "infected":
            connection.execute(*document_feed.failed(document, job.name, code, text))


def _refuse_infected(document: Record) -> None:
    if document.scan == "infected":
        raise _infected(document.signature)


def _infected(signature: str | None) -> JobError:
    return JobError(
        ErrorCode.VALIDATION, f"the document is infected ({signature}): it is kept, and not opened by any further step"
    )


def _go_on(job: JobRun[Any], connection: Any, document: Record, *names: str) -> None:
    """Queues the pipeline's next jobs, in the transaction that completes this one."""
    from advisorjobs.services import records

    for name in names if job.payload.pipeline else ():
        records.queue_step(connection, document, name)
