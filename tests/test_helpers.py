import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

import advisorjobs
from advisorjobs.application import App
from advisorjobs.errors import PayloadError

HELPERS = {
    "queue_document_ocr": "document:ocr",
    "queue_document_classification": "document:classify",
    "queue_form_extraction": "document:extract",
    "queue_virus_scan": "document:virus_scan",
    "queue_thumbnail": "document:thumbnail",
}


@pytest.mark.parametrize(("helper", "name"), HELPERS.items())
def test_each_helper_queues_its_job_awaited_and_blocking(
    the_process: App, connection: psycopg.Connection[Any], helper: str, name: str
) -> None:
    queue: Any = getattr(advisorjobs, helper)
    ids = [asyncio.run(queue("d", "o", priority=1)), queue.sync(document_id="d", organization_id="o")]
    rows = connection.execute("SELECT id, task_name, organization_id FROM procrastinate_jobs ORDER BY id").fetchall()
    assert rows == [(job_id, name, "o") for job_id in ids]


def test_ocr_takes_a_language_and_tables(the_process: App, connection: psycopg.Connection[Any]) -> None:
    advisorjobs.queue_document_ocr.sync("d", "o", language="de", extract_tables=True, connection=connection)
    args = {"document_id": "d", "organization_id": "o", "language": "de", "extract_tables": True}
    assert connection.execute("SELECT args FROM procrastinate_jobs").fetchone() == (args,)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda queue: queue.sync("", "o"), PayloadError, "document_id"),
        (lambda queue: queue.sync("d", "o", tagz=["a"]), TypeError, "did you mean 'tags'"),
        (lambda queue: queue.sync("d"), TypeError, "organization_id"),
    ],
)
def test_what_is_wrong_is_refused_by_name(
    the_process: App, call: Callable[[Any], object], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        call(advisorjobs.queue_document_ocr)


def test_the_manager_is_the_process_s_own(the_process: App) -> None:
    manager = advisorjobs.get_queue_manager()
    assert manager is advisorjobs.get_queue_manager()
    assert manager.app is the_process is advisorjobs.app


def test_a_helper_shows_what_it_is_for() -> None:
    assert (advisorjobs.queue_document_ocr.__doc__ or "").startswith("Has a document's text read")
