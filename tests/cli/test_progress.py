"""What follows from where a document's jobs are, and how it is shown."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from advisorjobs.cli.outcome import outcome
from advisorjobs.cli.progress import PIPELINE, Progress, Step, gather
from advisorjobs.cli.watching import news, table, watch

RESULTS = {
    "document_type": "invoice",
    "text": "Rechnung",
    "fields": {"total": {"value": "12.50", "confidence": 0.9}, "issuer": None},
    "lines": [],
    "pages": 1,
    "scan": "clean",
    "thumbnail_key": "org/doc/thumbnail.png",
    "engine": "local",
    "extract_engine": None,
}
NOTHING = dict.fromkeys(RESULTS)


def step(name: str, state: str, **more: Any) -> Step:
    values = {"run_ms": None, "error_code": None, "error_message": None, **more}
    return Step(name, 1, state, **values)


def progress(**states: str) -> Progress:
    """A document whose steps (scan, read, type, fields, picture) are in these states."""
    names = {heading: name for name, heading in PIPELINE.items()}
    steps = {names[heading]: step(names[heading], state) for heading, state in states.items()}
    return Progress("/home/me/bill.pdf", "doc-1", steps, 1.25)


DONE = {"scan": "completed", "read": "completed", "type": "completed", "fields": "completed"}


@pytest.mark.parametrize(
    ("states", "over", "completed", "failed_at"),
    [
        ({}, False, False, None),
        ({"scan": "waiting"}, False, False, None),
        ({"scan": "completed", "read": "running"}, False, False, None),
        ({"scan": "completed", "read": "retrying", "picture": "completed"}, False, False, None),
        ({**DONE, "picture": "completed"}, True, True, None),
        ({**DONE, "picture": "running"}, False, False, None),
        ({**DONE, "picture": "failed"}, True, True, None),
        ({"scan": "completed", "read": "failed", "picture": "failed"}, True, False, "document:ocr"),
        ({"scan": "cancelled"}, True, False, "document:virus_scan"),
    ],
)
def test_a_document_is_over_when_none_of_its_jobs_lives(
    states: dict[str, str], over: bool, completed: bool, failed_at: str | None
) -> None:
    document = progress(**states)

    assert (document.over, document.completed) == (over, completed)
    assert (document.failure.name if document.failure else None) == failed_at


def test_documents_come_in_the_order_in_which_they_were_given() -> None:
    rows = [
        {"document_id": "b", "name": "document:ocr", "job_id": 2, "state": "running", "run_ms": None, "error_code": None,
         "error_message": None, "result": None, "age": 2.0},
    ]  # fmt: skip
    found = gather({"a": "first.pdf", "b": "second.pdf"}, rows, {})

    assert [document.file for document in found] == ["first.pdf", "second.pdf"]
    assert [document.seconds for document in found] == [0.0, 2.0]


def test_the_time_of_a_document_that_is_over_stands_still() -> None:
    before = {"doc-1": progress(**DONE)}
    rows = [{"document_id": "doc-1", "name": "document:extract", "job_id": 1, "state": "completed", "run_ms": 1,
             "error_code": None, "error_message": None, "result": {}, "age": 99.0}]  # fmt: skip

    assert gather({"doc-1": "bill.pdf"}, rows, before)[0].seconds == 1.25


def test_an_outcome_has_the_keys_in_their_order() -> None:
    found = outcome(progress(**DONE), RESULTS, lambda key: f"/data/{key}")

    assert list(found) == [
        "file", "status", "document_type", "text", "fields", "lines", "pages", "scan", "thumbnail", "engine",
    ]  # fmt: skip
    assert list(found["fields"]) == ["issuer", "number", "date", "currency", "net", "tax", "total"]
    assert found["fields"]["number"] is None
    assert found["thumbnail"] == "/data/org/doc/thumbnail.png"


def test_a_failed_outcome_says_code_and_error_after_its_status() -> None:
    names = {"document:virus_scan": step("document:virus_scan", "completed"), "document:ocr": step(
        "document:ocr", "failed", error_code="validation", error_message="the PDF is encrypted")}  # fmt: skip
    found = outcome(Progress("bill.pdf", "doc-1", names, 1.0), NOTHING, str)

    assert list(found)[:4] == ["file", "status", "error_code", "error"]
    assert (found["status"], found["error_code"], found["error"]) == ("failed", "validation", "the PDF is encrypted")
    assert (found["scan"], found["text"], found["lines"], found["thumbnail"]) == ("not_scanned", "", [], None)


def test_each_ended_step_is_told_once() -> None:
    told: set[tuple[str, str]] = set()
    first = list(news([progress(scan="completed", read="running")], told))
    second = list(news([progress(scan="completed", read="completed")], told))

    assert first == ["bill.pdf: document:virus_scan done"]
    assert second == ["bill.pdf: document:ocr done"]


def test_watching_ends_with_the_last_document() -> None:
    looks = iter([[progress(scan="running")], [progress(scan="completed", read="running")], [progress(**DONE)]])
    written = io.StringIO()
    documents = watch(lambda: next(looks), Console(file=written))

    assert documents == [progress(**DONE)]
    assert "\x1b" not in written.getvalue()


def test_the_live_table_shows_a_mark_for_each_step() -> None:
    written = io.StringIO()
    Console(file=written, width=120).print(table([progress(scan="completed", read="failed", picture="waiting")]))

    assert written.getvalue().split("\n")[1].split() == ["bill.pdf", "✓", "✗", "·", "1.2", "s"]


def test_a_check_that_nobody_made_has_no_tick() -> None:
    scan = step("document:virus_scan", "completed", result={"scan": "not_scanned", "engine": "none"})
    document = Progress("bill.pdf", "doc-1", {scan.name: scan}, 1.25)
    written = io.StringIO()
    Console(file=written, width=120).print(table([document]))

    assert "✓" not in written.getvalue()
    assert list(news([document], set())) == ["bill.pdf: document:virus_scan not done: no scanner is set"]
