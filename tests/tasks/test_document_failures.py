"""How each document job fails: for good or to be tried again, by its time limit, and what the firm's feed says of it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from advisorjobs.tasks import documents

from advisorjobs.documents import sweep
from advisorjobs.errors import ErrorCode, JobError, PayloadError
from advisorjobs.payloads import parse_payload
from tests.fixtures.clusters import free_port
from tests.fixtures.pipeline import Pipeline

STEPS = {
    "document:virus_scan": ("scan", "scan_engine", "scanned_at"),
    "document:ocr": ("reading", "read_at"),
    "document:classify": ("document_type", "classified_at"),
    "document:extract": ("fields", "extracted_at"),
    "document:thumbnail": ("thumbnail_key", "thumbnail_at"),
}
"""Each job and the columns that say that it is done."""


def undo(pipeline: Pipeline, document: str, name: str) -> None:
    """Makes the row as it was before the step."""
    columns = ", ".join(f"{column} = NULL" for column in STEPS[name])
    pipeline.connection.execute(f"UPDATE practice_documents SET {columns} WHERE id = %s".encode(), [document])


def ready(pipeline: Pipeline, name: str) -> str:
    """A document for which *name* is the step to do, with a job of it that waits; everything else about it is done."""
    document = pipeline.add("letter.pdf")
    pipeline.finish(document)
    undo(pipeline, document, name)
    pipeline.connection.execute("UPDATE practice_documents SET jobs = jobs - %s WHERE id = %s", [name, document])
    pipeline.connection.execute("SELECT advisorjobs_queue_document_step('org-1', %s, %s)", [document, name])
    return document


def failed(pipeline: Pipeline) -> list[str]:
    return [text for kind, text in pipeline.feed() if kind == "document.failed"]


PAYLOADS = {
    "document:virus_scan": documents.VirusScanPayload,
    "document:ocr": documents.OcrPayload,
    "document:classify": documents.ClassifyPayload,
    "document:extract": documents.ExtractPayload,
    "document:thumbnail": documents.ThumbnailPayload,
}


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, "document_id"),
        ({"document_id": ""}, "document_id"),
        ({"document_id": "d", "pipeline": "perhaps"}, "pipeline"),
        ({"document_id": "d", "operation": "burn"}, "operation"),
        ({"document_id": "d", "path": "/etc/passwd"}, "path"),
    ],
)
def test_a_wrong_payload_is_refused_with_its_field(name: str, fields: dict[str, Any], wrong: str) -> None:
    with pytest.raises(PayloadError, match=wrong) as error:
        parse_payload(name, PAYLOADS[name], {"organization_id": "org-1", **fields})
    assert "/etc/passwd" not in str(error.value)


@pytest.mark.parametrize("name", STEPS)
def test_a_document_of_another_organization_isnt_found_and_nobody_reads_of_it(pipeline: Pipeline, name: str) -> None:
    document = pipeline.add("letter.pdf")
    pipeline.connection.execute("INSERT INTO practice_organizations (id, name) VALUES ('org-2', 'Two')")
    before = pipeline.document(document)

    with pytest.raises(JobError, match="has no document") as error:
        pipeline.run(name, document, organization="org-2")
    assert (error.value.code, error.value.permanent) == (ErrorCode.NOT_FOUND, True)
    assert pipeline.document(document) == before
    assert failed(pipeline) == []
    assert pipeline.rows("SELECT * FROM practice_activities WHERE organization_id = 'org-2'") == []


@pytest.mark.parametrize("name", [name for name in STEPS if name != "document:classify"])
def test_a_stored_file_that_is_gone_fails_for_good_and_is_said_once(pipeline: Pipeline, name: str) -> None:
    document = ready(pipeline, name)
    Path(pipeline.storage, pipeline.document(document)["storage_key"]).unlink()

    for _ in range(2):
        (ran,) = pipeline.kit.drain(raising=False)
        assert (ran.status, ran.next_run_at) == ("failed", None)
        assert isinstance(ran.error, JobError)
        assert ran.error.code is ErrorCode.NOT_FOUND
        pipeline.enqueue(name, document)
    assert failed(pipeline) == ["letter.pdf: the stored file is gone"]


@pytest.mark.parametrize("name", ["document:classify", "document:extract"])
def test_what_isnt_read_yet_is_tried_again_and_said_when_it_is_given_up(pipeline: Pipeline, name: str) -> None:
    document = ready(pipeline, name)
    undo(pipeline, document, "document:ocr")
    ran = pipeline.kit.drain(raising=False)

    assert [each.status for each in ran] == ["retrying"] * 3 + ["failed"]
    assert failed(pipeline) == [f"letter.pdf: document {document!r} hasn't been read yet: queue document:ocr first"]


def test_a_scanner_that_is_gone_is_tried_again(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAMAV_HOST", "127.0.0.1")
    monkeypatch.setenv("CLAMAV_PORT", str(free_port()))
    pipeline.add("letter.pdf")
    ran = pipeline.kit.run_next(raising=False)

    assert ran is not None
    assert (ran.status, ran.error and ran.error.code) == ("retrying", ErrorCode.NETWORK)  # type: ignore[attr-defined]
    assert failed(pipeline) == []


@pytest.mark.parametrize("name", ["document:ocr", "document:extract", "document:thumbnail"])
def test_a_storage_that_cant_be_reached_is_tried_again(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    document = ready(pipeline, name)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "firm")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")
    monkeypatch.setenv("AZURE_STORAGE_CONTAINER_NAME", "documents")
    monkeypatch.setenv("ADVISORJOBS_BLOB_ENDPOINT", f"http://127.0.0.1:{free_port()}/firm")
    ran = pipeline.kit.run_next(raising=False)

    assert ran is not None
    assert (ran.status, ran.error and ran.error.code) == ("retrying", ErrorCode.NETWORK)  # type: ignore[attr-defined]
    assert pipeline.document(document)["status"] != "infected"
    assert failed(pipeline) == []


def test_a_damaged_file_fails_for_good(pipeline: Pipeline) -> None:
    document = pipeline.add("file.pdf", b"%PDF-1.4\nnothing of it")
    pipeline.step()
    ran = pipeline.kit.run_due(raising=False)

    assert {each.name: each.status for each in ran} == {"document:ocr": "failed", "document:thumbnail": "failed"}
    assert all("damaged" in text for text in failed(pipeline))
    assert len(failed(pipeline)) == 2
    assert pipeline.document(document)["status"] == "processing"


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_scanner_that_falls_silent_is_given_up_by_the_client(silent: int, tmp_path: Path) -> None:
    from advisorjobs.services.scanning import ClamdScanner
    from advisorjobs.settings import Clamd, effective_queue

    (tmp_path / "file").write_bytes(b"content")
    scanner = ClamdScanner(Clamd("127.0.0.1", silent, None), timeout=0.2)
    with pytest.raises(JobError, match="fell silent") as error:
        scanner.scan(tmp_path / "file")
    assert error.value.code is ErrorCode.NETWORK

    limit = effective_queue(_settings(tmp_path), "document-processing").timeout
    assert timedelta(seconds=2 * ClamdScanner(Clamd(None, 0, None)).timeout) < limit  # asks it twice


def _settings(folder: Path) -> Any:
    from advisorjobs.settings import Settings

    return Settings(data_dir=folder)


@pytest.mark.slow
def test_each_job_is_ended_by_its_time_limit_and_the_sweep_says_so(pipeline: Pipeline, database: str) -> None:
    for name in STEPS:
        ready(pipeline, name)
        pipeline.connection.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE status = 'todo'")
    pipeline.connection.execute("UPDATE procrastinate_jobs SET status = 'todo'")
    with psycopg.connect(database) as other:
        other.execute(
            "SELECT id FROM practice_documents FOR UPDATE"
        )  # what a step found can't be written while it is looked at
        pipeline.work(ADVISORJOBS_DOCUMENT_PROCESSING_TIMEOUT="2", ADVISORJOBS_DOCUMENT_PROCESSING_RETRIES="0")

    assert [ending for ending in pipeline.endings() if ending[1] not in ("completed", "released")] == [
        (name, "timed_out", "timeout") for name in STEPS
    ]
    assert failed(pipeline) == []
    sweep("org-1")
    sweep("org-1")
    assert sorted(failed(pipeline)) == sorted(f"letter.pdf: {name} was ended (timeout)" for name in STEPS)
