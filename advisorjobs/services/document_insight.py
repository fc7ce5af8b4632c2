"""What Azure, or this machine, makes of a document on demand: an analysis by a model of choice, and a summary.

Both are kept in `practice_cached`, beside the document and apart from what its pipeline found: they can be made again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.job_run import JobRun
from advisorjobs.services.breaker import guard_blocking
from advisorjobs.services.records import Record, storable
from advisorjobs.settings import Settings

__all__ = ["ANALYSIS", "SUMMARY", "analyze", "kept_or_made", "summarize"]

ANALYSIS, SUMMARY = "document-analysis", "document-summary"

KEPT = timedelta(days=90)

MOST_LINES = 400
"""Lines of a document that a model is shown."""


def kept_or_made(job: JobRun[Any], kind: str, key: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What is kept under *key*, else what *make* makes, kept in the transaction that completes the job; short, as a result."""
    place = {"organization": job.payload.organization_id, "kind": kind, "key": key}
    with job.connection() as connection:
        row = connection.execute(statement("find_cached"), place).fetchone()
    if row is not None:
        return {"skipped": True, **_short(row[0])}
    made = storable(make())
    with job.transaction() as connection:
        values = {**place, "value": json.dumps(made), "seconds": KEPT.total_seconds()}
        connection.execute(statement("record_cached"), values)
        job.result = _short(made)
    return dict(job.result)


def analyze(job: JobRun[Any], settings: Settings, document: Record, path: Path) -> dict[str, Any]:
    """Text, tables, fields and lines. By Azure with the payload's model, or the one that fits; else by the local engine."""
    from advisorjobs.services.documents.classification import classify
    from advisorjobs.services.documents.extraction import extract
    from advisorjobs.services.reading.azure import AzureReader
    from advisorjobs.services.reading.local import LocalReader

    azure, asked = settings.form_recognizer, job.payload
    if azure is not None:
        with guard_blocking(job, "azure-form-recognizer"):
            reading = AzureReader(azure.endpoint, azure.key).analyse(
                path, model=asked.model, kind=document.document_type, language=asked.language
            )
    else:
        _refuse_without_key(settings, asked.model, "AZURE_FORM_RECOGNIZER_KEY")
        reading = LocalReader().read(path, language=asked.language, tables=True)
    kind = document.document_type or classify(reading).type
    return {
        "engine": reading.engine,
        "document_type": kind,
        "pages": len(reading.pages),
        "text": reading.text,
        "tables": [[list(row) for row in table.rows] for table in reading.tables],
        **extract(reading, kind=kind).to_json(),
    }


def summarize(job: JobRun[Any], settings: Settings) -> dict[str, Any]:
    """A few sentences about a document that was read, and its figures as extraction found them.

    With Azure OpenAI in its words; it is shown no name, account or figure. Else the sentences that say most, as they stand.
    """
    from advisorjobs.services.summary import summarized

    text, client, fields = _text(job)
    facts = {name: each["value"] for name, each in (fields or {}).items() if isinstance(each, dict) and "value" in each}
    if settings.openai is None:
        _refuse_without_key(settings, job.payload.model, "AZURE_OPENAI_KEY")
        return {"engine": "local", "sentences": summarized(text), "facts": facts}
    return {**_asked(job, settings, text, client), "facts": facts}


def _asked(job: JobRun[Any], settings: Settings, text: str, client: str | None) -> dict[str, Any]:
    from pydantic import Field

    from advisorjobs.services.ai.asking import Asking
    from advisorjobs.services.ai.azure import AzureModel
    from advisorjobs.services.ai.model import AnswerForm
    from advisorjobs.services.ai.prompts import prompt
    from advisorjobs.services.ai.redaction import redacted

    class Summary(AnswerForm):
        sentences: list[str] = Field(description="two to four sentences")

    assert settings.openai is not None  # summarize() has looked
    chosen = replace(settings.openai, deployment=job.payload.model or settings.openai.deployment)
    lines = [redacted(line, [client] if client else []) for line in text.splitlines() if line.strip()]
    asking = Asking(job, AzureModel.of(chosen))
    with guard_blocking(job, "azure-openai"):
        answer = asking.ask(prompt("summarize", lines=lines[:MOST_LINES], language=job.payload.language), Summary)
    return {"engine": asking.engine, "sentences": answer.sentences}


def _text(job: JobRun[Any]) -> tuple[str, str | None, dict[str, Any] | None]:
    asked = job.payload
    with job.connection() as connection:
        values = {"organization": asked.organization_id, "document": asked.document_id}
        row = connection.execute(statement("find_document_text"), values).fetchone()
    if row is None or row[0] is None:
        raise JobError(
            ErrorCode.NOT_FOUND,
            f"document {asked.document_id!r} hasn't been read yet: queue document:ocr first",
            permanent=False,
        )
    text, client, fields = row
    return text, client, fields


def _refuse_without_key(settings: Settings, model: str | None, key: str) -> None:
    if settings.production:
        raise JobError(ErrorCode.AUTHENTICATION, f"set {key}: ADVISORJOBS_ENV=production forbids the local engine")
    if model is not None:
        raise JobError(ErrorCode.AUTHENTICATION, f"model {model!r} is Azure's: set {key}, or name no model")


def _short(value: dict[str, Any]) -> dict[str, Any]:
    """What of an insight goes into a job's result: no text of a client's."""
    if "sentences" in value:
        return {"engine": value["engine"], "sentences": len(value["sentences"])}
    counts = {"pages": value["pages"], "tables": len(value["tables"]), "characters": len(value["text"])}
    return {"engine": value["engine"], "document_type": value["document_type"], **counts}
