"""The document jobs: what each does to a document's row, what follows it, and that running twice changes nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from advisorjobs.tasks import documents

from advisorjobs.errors import ErrorCode, JobError, PayloadError
from advisorjobs.testing import CrashPoint
from tests.fixtures.pipeline import Pipeline

STEPS = ("document:virus_scan", "document:ocr", "document:classify", "document:extract", "document:thumbnail")


def test_a_document_goes_through_all_steps(pipeline: Pipeline) -> None:
    document = pipeline.add("invoice-english.pdf")
    row = pipeline.finish(document)

    assert row["status"] == "completed"
    assert row["document_type"] == "invoice"
    assert row["fields"]["number"]["value"] == "PL-2024-0193"
    assert row["fields"]["total"]["value"] == "1278.60"
    assert len(row["lines"]) == 3
    assert "Paper Lantern" in row["text"]
    assert row["pages"] == 1
    assert Path(pipeline.storage, row["thumbnail_key"]).read_bytes().startswith(b"\x89PNG")
    assert set(row["jobs"]) == set(STEPS)


def test_without_a_scanner_a_document_is_not_scanned_and_never_clean(pipeline: Pipeline) -> None:
    document = pipeline.add()

    assert pipeline.step() == ("document:virus_scan", {"scan": "not_scanned", "engine": "none"})
    assert pipeline.document(document)["scan"] == "not_scanned"


def test_each_step_queues_the_next_in_the_transaction_that_ends_it(pipeline: Pipeline) -> None:
    pipeline.add()
    seen = []
    while pipeline.waiting():
        waiting = pipeline.waiting()
        name, _ = pipeline.step()
        seen.append((name, [each for each in pipeline.waiting() if each not in waiting]))

    assert dict(seen) == {
        "document:virus_scan": ["document:ocr", "document:thumbnail"],
        "document:ocr": ["document:classify"],
        "document:thumbnail": [],
        "document:classify": ["document:extract"],
        "document:extract": [],
    }


def test_a_step_that_dies_before_its_commit_writes_nothing_and_queues_nothing(pipeline: Pipeline) -> None:
    document = pipeline.add()
    ran = pipeline.kit.run_next(crash_at="before_commit")

    assert ran is not None
    assert ran.status == "crashed"
    assert pipeline.document(document)["scan"] is None
    assert pipeline.waiting() == ["document:virus_scan"]


@pytest.mark.parametrize("point", ["before_function", "before_commit", "after_commit", "after_function"])
def test_a_document_is_the_same_wherever_each_of_its_steps_dies_once(pipeline: Pipeline, point: CrashPoint) -> None:
    document = pipeline.add("letter.pdf")
    ran = pipeline.kit.run_due(crash_at=point)

    assert sorted({each.name for each in ran}) == sorted(STEPS)
    assert [each.status for each in ran].count("completed") == len(STEPS)
    assert pipeline.document(document)["status"] == "completed"
    assert pipeline.document(document)["document_type"] == "letter"
    assert pipeline.waiting() == []


@pytest.mark.parametrize("name", STEPS)
def test_running_a_step_again_changes_nothing_and_says_skipped(pipeline: Pipeline, name: str) -> None:
    document = pipeline.add("letter.pdf")
    before = pipeline.finish(document)
    result = pipeline.run(name, document, pipeline=True)

    assert result["skipped"] is True
    assert result["engine"]
    assert pipeline.document(document) == before
    assert pipeline.waiting() == []


@pytest.mark.parametrize("name", STEPS)
def test_every_results_names_its_engine(pipeline: Pipeline, name: str) -> None:
    document = pipeline.add("letter.pdf")
    pipeline.finish(document)
    results = pipeline.rows("SELECT job_name, result FROM job_executions WHERE job_name = %s", name)

    assert [row["result"]["engine"] for row in results] == ["none" if name == "document:virus_scan" else "local"]


@pytest.mark.parametrize("name", STEPS)
def test_no_step_finds_a_document_of_another_organization(pipeline: Pipeline, name: str) -> None:
    document = pipeline.add()

    with pytest.raises(JobError, match="has no document") as error:
        pipeline.run(name, document, organization="org-2")
    assert error.value.code is ErrorCode.NOT_FOUND
    assert error.value.permanent


def test_a_step_that_is_queued_alone_queues_nothing(pipeline: Pipeline) -> None:
    document = pipeline.add()
    pipeline.step()
    for name in list(pipeline.waiting()):
        pipeline.connection.execute("DELETE FROM procrastinate_jobs WHERE task_name = %s", [name])
    result = pipeline.run("document:ocr", document)

    assert result["pages"] == 1
    assert pipeline.waiting() == []


def test_classifying_before_reading_is_tried_again_later(pipeline: Pipeline) -> None:
    document = pipeline.add()

    with pytest.raises(JobError, match="queue document:ocr first") as error:
        pipeline.run("document:classify", document)
    assert not error.value.permanent


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.4\nnothing of it", "damaged"),
        (b"no document at all", "PDF, JPEG, PNG, TIFF, WebP"),
        (b"", "the file is empty"),
    ],
)
def test_a_file_that_cant_be_read_fails_for_good(pipeline: Pipeline, data: bytes, words: str) -> None:
    document = pipeline.add("file.pdf", data)
    pipeline.step()

    with pytest.raises(JobError, match=words) as error:
        pipeline.run("document:ocr", document)
    assert error.value.code is ErrorCode.VALIDATION
    assert error.value.permanent
    assert pipeline.document(document)["status"] == "processing"


def test_a_file_that_is_gone_is_not_found(pipeline: Pipeline) -> None:
    document = pipeline.add()
    Path(pipeline.storage, pipeline.document(document)["storage_key"]).unlink()

    with pytest.raises(JobError, match="the stored file is gone"):
        pipeline.run("document:ocr", document)


def test_text_that_postgresql_cant_keep_is_kept_with_marks(pipeline: Pipeline) -> None:
    from advisorjobs.services.records import storable

    assert storable({"a": ["x\0y", "\ud800"], "b": 1}) == {"a": ["x\ufffdy", "\ufffd"], "b": 1}
    assert json.dumps(storable("\\u0000")) == '"\\\\u0000"'


@pytest.mark.parametrize(
    ("payload", "fields", "wrong"),
    [
        (documents.OcrPayload, {"document_id": "d", "operation": "classify"}, "operation"),
        (documents.OcrPayload, {"document_id": "d", "languge": "en"}, "languge"),
        (documents.ThumbnailPayload, {"document_id": ""}, "document"),
    ],
)
def test_a_wrong_payload_is_refused_with_its_field(payload: Any, fields: dict[str, Any], wrong: str) -> None:
    from advisorjobs.payloads import parse_payload

    with pytest.raises(PayloadError, match=wrong):
        parse_payload("document:ocr", payload, {"organization_id": "o", **fields})


def test_the_payload_of_the_bull_system_is_understood() -> None:
    payload = documents.OcrPayload.model_validate(
        {"documentId": "doc123", "organizationId": "org456", "operation": "ocr", "extractTables": True}
    )

    assert payload.document_id == "doc123"
    assert payload.extract_tables


def test_importing_the_jobs_brings_no_library_of_an_extra() -> None:
    libraries = {"numpy", "pypdfium2", "fsspec", "PIL", "psycopg"}
    program = f"import sys, advisorjobs.tasks.documents; print({libraries} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
