"""integration:azure_ai: Azure's services by their packages against local servers, and what is done without a key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.ai import asking
from advisorjobs.services.reading import azure
from advisorjobs.testing import Ran
from tests.fixtures.openai_server import OpenAIServer
from tests.fixtures.pipeline import Pipeline
from tests.services.reading.azure_server import KEY, AzureServer, analysis, azure_server

QUEUE = "integrations"
WORDS = [("Invoice", 1.0, 1.0, 2.0, 1.2), ("4711", 2.1, 1.0, 2.6, 1.2)]


@pytest.fixture
def form_recognizer(monkeypatch: pytest.MonkeyPatch) -> Iterator[AzureServer]:
    with azure_server() as server:
        monkeypatch.setenv("AZURE_FORM_RECOGNIZER_ENDPOINT", server.endpoint)
        monkeypatch.setenv("AZURE_FORM_RECOGNIZER_KEY", KEY)
        yield server


def queue(pipeline: Pipeline, operation: str, document: str, organization: str = "org-1", **fields: Any) -> None:
    payload = {"organization_id": organization, "operation": operation, "document_id": document, **fields}
    pipeline.connection.execute("SELECT enqueue_job('integration:azure_ai', %s::jsonb)", [json.dumps(payload)])


def run(pipeline: Pipeline, operation: str, document: str, organization: str = "org-1", **fields: Any) -> Ran:
    """Queues the job and runs it once. Raises what it raises."""
    raising = fields.pop("raising", True)
    queue(pipeline, operation, document, organization, **fields)
    ran = pipeline.kit.run_next(queue=QUEUE, raising=raising)
    assert ran is not None
    return ran


def kept(pipeline: Pipeline, kind: str) -> list[dict[str, Any]]:
    rows = pipeline.rows("SELECT organization_id, value FROM practice_cached WHERE kind = %s ORDER BY made_at", kind)
    assert {row["organization_id"] for row in rows} <= {"org-1"}
    return [row["value"] for row in rows]


def test_without_a_key_a_document_is_analysed_on_this_machine(pipeline: Pipeline) -> None:
    ran = run(pipeline, "analyze_document", pipeline.add("invoice-english.pdf"))
    (value,) = kept(pipeline, "document-analysis")

    assert ran.result["engine"] == "local"
    assert ran.result["document_type"] == "invoice"
    assert value["number"]["value"] == "PL-2024-0193"
    assert value["total"]["value"] == "1278.60"
    assert "Paper Lantern" in value["text"]
    assert "Paper Lantern" not in f"{ran.result}"


def test_azure_analyses_with_the_model_named(pipeline: Pipeline, form_recognizer: AzureServer) -> None:
    form_recognizer.results["our-own-model"] = analysis("our-own-model", WORDS)
    ran = run(pipeline, "analyze_document", pipeline.add(), model="our-own-model", language="de")

    assert ran.result["engine"] == "azure:our-own-model"
    assert [(model, query["locale"]) for model, query, _ in form_recognizer.asked] == [("our-own-model", ["de"])]
    assert kept(pipeline, "document-analysis")[0]["text"] == "Invoice 4711"


def test_azure_takes_the_model_that_fits_the_documents_type(pipeline: Pipeline, form_recognizer: AzureServer) -> None:
    document = pipeline.add()
    pipeline.connection.execute("UPDATE practice_documents SET document_type = 'invoice', classified_at = now()")
    form_recognizer.results["prebuilt-invoice"] = analysis("prebuilt-invoice", WORDS)

    assert run(pipeline, "analyze_document", document).result["engine"] == "azure:prebuilt-invoice"


@pytest.mark.parametrize("point", ["before_function", "before_commit", "after_commit", "after_function"])
def test_an_analysis_is_kept_once_and_not_made_again(
    pipeline: Pipeline, form_recognizer: AzureServer, point: Any
) -> None:
    form_recognizer.results["prebuilt-layout"] = analysis("prebuilt-layout", WORDS)
    document = pipeline.add()
    queue(pipeline, "analyze_document", document)
    pipeline.kit.run_due(queue=QUEUE, crash_at=point)
    asked = len(form_recognizer.asked)

    assert run(pipeline, "analyze_document", document).result["skipped"] is True
    assert len(kept(pipeline, "document-analysis")) == 1
    assert len(form_recognizer.asked) == asked


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        ((401, {}, "401"), "failed", ErrorCode.AUTHENTICATION),
        ((400, {}, "InvalidRequest"), "failed", ErrorCode.VALIDATION),
        ((429, {"Retry-After": "30"}, "429"), "snoozed", ErrorCode.RATE_LIMITED),
        ((500, {}, "InternalServerError"), "retrying", ErrorCode.EXTERNAL_SERVICE),
    ],
)
def test_each_refusal_has_its_end(
    pipeline: Pipeline, form_recognizer: AzureServer, refusal: Any, status: str, code: ErrorCode
) -> None:
    form_recognizer.refusal = refusal
    ran = run(pipeline, "analyze_document", pipeline.add(), raising=False)

    assert (ran.status, ran.error_code) == (status, code)
    closed = pipeline.rows("SELECT key FROM advisorjobs_keys WHERE closed_until > now()")
    assert closed == ([{"key": "azure:analyze_document"}] if status == "snoozed" else [])


def test_a_summary_without_a_key_is_made_of_the_texts_own_sentences(pipeline: Pipeline) -> None:
    document = pipeline.add("letter.pdf")
    pipeline.finish(document)
    ran = run(pipeline, "summarize_document", document)
    (value,) = kept(pipeline, "document-summary")
    text = " ".join(pipeline.document(document)["text"].split())

    assert ran.result["engine"] == "local"
    assert 1 <= len(value["sentences"]) <= 3
    assert all(sentence in text for sentence in value["sentences"])


def test_azure_sums_up_without_being_shown_who_or_how_much(pipeline: Pipeline, openai_server: OpenAIServer) -> None:
    document = pipeline.add("invoice-english.pdf")
    pipeline.finish(document)
    openai_server.respond = lambda data: {"sentences": ["A printer bills a shop for paper.", "It is to be paid."]}
    ran = run(pipeline, "summarize_document", document, model="short-texts", language="de", raising=False)
    assert (ran.status, ran.error_code) == ("failed", ErrorCode.NOT_FOUND)  # there is no such deployment

    ran = run(pipeline, "summarize_document", document, language="de")
    (value,) = kept(pipeline, "document-summary")
    assert ran.result == {"engine": "azure:books", "sentences": 2}
    assert value["facts"]["total"] == "1278.60"
    shown = json.loads(openai_server.asked[-1]["messages"][-1]["content"])
    assert shown["language"] == "de"
    assert "1278.60" not in f"{shown}"
    assert pipeline.rows("SELECT job_name, prompt_tokens FROM practice_ai_usage") == [
        {"job_name": "integration:azure_ai", "prompt_tokens": 1000}
    ]
    assert run(pipeline, "summarize_document", document, language="de").result["skipped"] is True


def test_a_document_that_was_not_read_yet_is_summed_up_later(pipeline: Pipeline) -> None:
    ran = run(pipeline, "summarize_document", pipeline.add(), raising=False)

    assert (ran.status, ran.error_code) == ("retrying", ErrorCode.NOT_FOUND)


@pytest.mark.parametrize("operation", ["analyze_document", "summarize_document"])
def test_another_organizations_document_is_not_found(pipeline: Pipeline, operation: str) -> None:
    with pytest.raises(JobError, match="has no document") as error:
        run(pipeline, operation, pipeline.add(), "org-2")

    assert error.value.code is ErrorCode.NOT_FOUND
    assert pipeline.rows("SELECT 1 FROM practice_cached") == []


@pytest.mark.parametrize(
    ("operation", "key"),
    [("analyze_document", "AZURE_FORM_RECOGNIZER_KEY"), ("summarize_document", "AZURE_OPENAI_KEY")],
)
def test_a_model_of_azures_needs_its_key(pipeline: Pipeline, operation: str, key: str) -> None:
    document = pipeline.add("letter.pdf")
    pipeline.finish(document)

    with pytest.raises(JobError, match=f"set {key}"):
        run(pipeline, operation, document, model="some-model")


def test_a_service_that_says_nothing_is_left_before_the_time_limit(
    pipeline: Pipeline, openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = pipeline.add("letter.pdf")
    pipeline.finish(document)
    monkeypatch.setattr(asking, "PATIENCE", 0.3)
    openai_server.hanging = True
    ran = run(pipeline, "summarize_document", document, raising=False)

    assert (ran.status, ran.error_code) == ("retrying", ErrorCode.TIMEOUT)
    assert azure._CONNECT_TIMEOUT + azure._READ_TIMEOUT < 120


def test_an_infected_document_is_not_opened(pipeline: Pipeline) -> None:
    document = pipeline.add()
    pipeline.connection.execute(
        "UPDATE practice_documents SET scan = 'infected', scan_engine = 'clamd', signature = 'Eicar', scanned_at = now()"
    )
    with pytest.raises(JobError, match="it is not opened"):
        run(pipeline, "analyze_document", document)
