"""Documents and arguments that are made to hurt: refused or read within bounds, and everybody else's work goes on."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from advisorjobs.database.statement import statement
from ops.accuracy import Outcome, process
from ops.hostile_files import HOSTILE_FILES
from tests.fixtures.pipeline import Pipeline

SECONDS, MEBIBYTES = 2.0, 300
"""What a refusal may take. Reading what is harmless after all may take longer: it is OCR."""
PATIENCE = 30.0
BOUNDED = [name for name, hostile in HOSTILE_FILES.items() if not hostile.endless]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Each file, refusals first, read by one child process, whose peak of memory is all of theirs so far."""
    folder = tmp_path_factory.mktemp("hostile")
    order = sorted(BOUNDED, key=lambda name: HOSTILE_FILES[name].refusal is None)
    found = {}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for name in order:
            path = folder / name
            path.write_bytes(HOSTILE_FILES[name].make())
            found[name] = pool.submit(process, path).result(PATIENCE)
    return found


@pytest.mark.parametrize("name", [name for name in BOUNDED if HOSTILE_FILES[name].refusal])
def test_what_asks_for_too_much_is_refused_at_once(outcomes: dict[str, Outcome], name: str) -> None:
    outcome = outcomes[name]

    assert outcome.refusal is not None
    assert outcome.refusal.startswith("validation: ")
    assert str(HOSTILE_FILES[name].refusal) in outcome.refusal
    assert outcome.seconds <= SECONDS
    assert outcome.mebibytes <= MEBIBYTES


@pytest.mark.parametrize("name", [name for name in BOUNDED if not HOSTILE_FILES[name].refusal])
def test_what_only_looks_like_much_is_read_within_bounds(outcomes: dict[str, Outcome], name: str) -> None:
    outcome = outcomes[name]

    assert outcome.refusal is None
    assert outcome.pages <= 2
    assert "root:" not in outcome.text
    assert "ha" not in outcome.text
    assert outcome.mebibytes <= MEBIBYTES


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seconds", "most_memory", "end"),
    [("6", "16G", ("timed_out", "timeout")), ("100", "1G", ("crashed", "crashed"))],
    ids=["time", "memory"],
)
def test_a_page_without_end_is_ended_by_either_limit_and_the_others_are_read(
    pipeline: Pipeline, seconds: str, most_memory: str, end: tuple[str, str]
) -> None:
    """Drawn, that page takes some 400 MB more each second: the limit that isn't meant is out of reach."""
    endless = pipeline.add("forms.pdf", HOSTILE_FILES["forms.pdf"].make())
    good = [pipeline.add("letter.pdf") for _ in range(3)]
    pipeline.work(
        ADVISORJOBS_DOCUMENT_PROCESSING_TIMEOUT=seconds,
        ADVISORJOBS_DOCUMENT_PROCESSING_RETRIES="0",
        ADVISORJOBS_CHILD_MEMORY=most_memory,
    )

    assert [pipeline.document(document)["status"] for document in good] == ["completed"] * 3
    assert pipeline.document(endless)["status"] == "processing"
    ended = [ending for ending in pipeline.endings() if ending[1] not in ("completed", "released")]
    assert sorted(set(ended)) == [("document:ocr", *end), ("document:thumbnail", *end)]


DEEP = "[" * 3000 + "]" * 3000
BAD = {
    "too deep": '{"organization_id": "org-1", "document_id": %s}' % DEEP,  # noqa: UP031
    "too large": json.dumps({"organization_id": "org-1", "document_id": "x" * 400_000}),
    "infinite": '{"organization_id": "org-1", "document_id": "d", "pipeline": 1e999}',
    "another type": '{"organization_id": "org-1", "document_id": {"$gt": ""}}',
    "not an object": '["org-1"]',
    "another organization": '{"organization_id": "org-2", "document_id": "d"}',
}
"""Arguments that no call of ours lets through, as somebody writes them into the table."""


def test_bad_arguments_in_a_batch_of_a_hundred_stop_nobody_elses_job(pipeline: Pipeline) -> None:
    document = pipeline.add("letter.pdf")
    pipeline.finish(document)
    good = {"organization_id": "org-1", "document_id": document}
    job = {"name": "document:classify", "queue": "document-processing", "organization_id": "org-1", "args": good}
    made = pipeline.connection.execute(statement("enqueue_jobs"), {"jobs": json.dumps([job] * 100)}).fetchall()
    ids = [row[0] for row in made]
    for place, args in zip(ids[::17], BAD.values(), strict=True):
        pipeline.connection.execute("UPDATE procrastinate_jobs SET args = %s::jsonb WHERE id = %s", [args, place])
    pipeline.work(WORKER_CONCURRENCY="100")

    rows = pipeline.rows(
        "SELECT job_id, status::text, error_code::text FROM job_executions WHERE job_id = ANY (%s)", ids
    )
    ended = {row["job_id"]: (row["status"], row["error_code"]) for row in rows if row["status"] != "released"}
    assert [ended[each] for each in ids if each not in ids[::17]] == [("completed", None)] * 94
    assert [ended[each] for each in ids[::17]] == [("failed", "validation")] * 5 + [("failed", "not_found")]


def test_arguments_like_these_are_refused_when_they_are_queued(pipeline: Pipeline) -> None:
    from advisorjobs import get_queue_manager
    from advisorjobs.errors import AdvisorJobsError

    deep: object = "d"
    for _ in range(100):
        deep = [deep]
    for value in (float("nan"), float("inf"), "x\0y", "\ud800", deep, "x" * 400_000):
        with pytest.raises((AdvisorJobsError, ValueError)):
            get_queue_manager().sync.add_job(
                "document-processing", "document:ocr", {"organization_id": "org-1", "document_id": value}
            )
    assert pipeline.waiting() == []


@pytest.mark.slow
@pytest.mark.skipif(
    not (Path(__file__).resolve().parents[3] / "shared" / "data" / "hostile").is_dir(),
    reason="../shared/data/hostile, the folder of real hostile documents, isn't here",
)
def test_real_hostile_documents_end_in_the_pipeline_and_leave_the_worker_alone(pipeline: Pipeline) -> None:
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "hostile"
    names = ["blank.pdf", "encrypted.pdf", "invalid.pdf", "no_contents.pdf", "password-is-test.pdf"]
    documents = {name: pipeline.add(name, (folder / name).read_bytes()) for name in names}
    good = pipeline.add("letter.pdf")
    pipeline.work()

    assert pipeline.document(good)["status"] == "completed"
    ended = {name: pipeline.document(document)["status"] for name, document in documents.items()}
    assert ended == {
        "blank.pdf": "completed", "encrypted.pdf": "processing", "invalid.pdf": "processing",
        "no_contents.pdf": "completed", "password-is-test.pdf": "processing",
    }  # fmt: skip
    assert {text.split(":")[0] for kind, text in pipeline.feed() if kind == "document.failed"} == {
        "encrypted.pdf", "invalid.pdf", "password-is-test.pdf",
    }  # fmt: skip
