"""The whole pipeline with its real counterparts, in a worker with child processes: clamd, and Azurite for Azure Blob."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from fpdf import FPDF

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.storage import azure_container
from tests.fixtures.azurite import Azurite
from tests.fixtures.clamd import STREAM_LIMIT, RunningClamd, eicar
from tests.fixtures.pipeline import Pipeline, sample


def carrying_pdf(content: bytes) -> bytes:
    """A readable letter with a file attached, compressed as PDFs do it."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.cell(text="Dear reader, please find the statement attached.")
    pdf.embed_file(bytes=content, basename="statement.txt", compress=True)
    return bytes(pdf.output())


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("statement.txt", content)
    return file.getvalue()


INFECTED = {
    "plain": eicar,
    "inside a PDF": lambda: carrying_pdf(eicar()),
    "inside a zip": lambda: zipped(eicar()),
    "inside a zip inside a zip": lambda: zipped(zipped(eicar())),
    "behind a PDF's end": lambda: sample("letter.pdf") + eicar(),
}


@pytest.fixture
def scanned(pipeline: Pipeline, clamd: RunningClamd, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """The pipeline with a virus scanner."""
    monkeypatch.setenv("CLAMAV_SOCKET", str(clamd.by_socket.socket))
    return pipeline


def test_a_clean_document_goes_through_and_an_infected_one_stops(scanned: Pipeline) -> None:
    clean = scanned.add("letter.pdf")
    infected = scanned.add("virus.pdf", eicar())
    scanned.work()

    assert scanned.document(clean)["status"] == "completed"
    assert scanned.document(clean)["scan"] == "clean"
    assert scanned.document(clean)["scan_engine"].startswith("clamd (ClamAV ")
    row = scanned.document(infected)
    assert (row["status"], row["scan"], row["read_at"], row["thumbnail_key"]) == ("infected", "infected", None, None)
    assert "Test.Eicar" in row["signature"]
    assert set(row["jobs"]) == {"document:virus_scan"}
    assert [text for kind, text in scanned.feed() if kind == "document.infected"] == [
        f"virus.pdf: infected ({row['signature']}): it is kept, and nothing opens it"
    ]
    assert [kind for kind, _ in scanned.feed() if kind == "document.failed"] == []


@pytest.mark.parametrize("where", INFECTED)
def test_what_is_hidden_in_a_document_is_found(scanned: Pipeline, where: str) -> None:
    document = scanned.add("file.pdf", INFECTED[where]())

    with pytest.raises(JobError, match=r"infected \(.*Test\.Eicar") as error:
        scanned.step()
    assert (error.value.code, error.value.permanent) == (ErrorCode.VALIDATION, True)
    assert scanned.document(document)["status"] == "infected"
    assert scanned.waiting() == []


def test_a_second_scan_of_an_infected_document_says_it_once(scanned: Pipeline) -> None:
    document = scanned.add("file.pdf", eicar())
    scanned.kit.run_next(raising=False)
    scanned.enqueue("document:virus_scan", document)
    ran = scanned.kit.run_next(raising=False)

    assert ran is not None
    assert ran.status == "failed"
    assert [kind for kind, _ in scanned.feed()] == ["document.received", "document.infected"]


def test_a_file_over_clamds_limit_fails_for_good_and_is_never_called_clean(scanned: Pipeline) -> None:
    document = scanned.add("large.pdf", sample("letter.pdf") + bytes(2 * STREAM_LIMIT))
    (ran,) = scanned.kit.drain(raising=False)

    assert ran.status == "failed"
    assert scanned.document(document)["scan"] is None
    (said,) = [text for kind, text in scanned.feed() if kind == "document.failed"]
    assert said.endswith("more than clamd looks at: raise its StreamMaxLength or send a smaller one")


def test_documents_in_azure_blob_go_through_all_steps(
    pipeline: Pipeline, azurite: Azurite, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = azurite.settings("pipeline")
    azure_container(account).filesystem.mkdir("pipeline")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", account.account_name)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", account.account_key)
    monkeypatch.setenv("AZURE_STORAGE_CONTAINER_NAME", account.container_name)
    monkeypatch.setenv("ADVISORJOBS_BLOB_ENDPOINT", azurite.endpoint)
    with pipeline.elsewhere() as there:
        documents = [there.add("letter.pdf"), there.add("bank-statement.pdf", client="c-1")]
        there.work()

    shelf = azure_container(account).shelf("org-1")
    for document in documents:
        row = pipeline.document(document)
        assert row["status"] == "completed"
        assert shelf.get(row["thumbnail_key"]).startswith(b"\x89PNG")
    assert len(list(shelf.files())) == 4
    assert len(pipeline.rows("SELECT * FROM practice_transactions")) == 5
    assert list(pipeline.storage.glob("*")) == []


@pytest.mark.parametrize("with_connection", [True, False])
def test_a_job_sweeps_its_organizations_files_in_a_child_process(pipeline: Pipeline, with_connection: bool) -> None:
    kept = pipeline.add("letter.pdf")
    report = "org-1/r-1/report.pdf"
    pipeline.connection.execute(
        "INSERT INTO practice_reports"
        " (organization_id, id, job_id, name, title, format, file_name, storage_key, size_bytes, sha256)"
        " VALUES ('org-1', 'r-1', 1, 'report:custom', 'R', 'pdf', 'report.pdf', %s, 1, repeat('0', 64))",
        [report],
    )
    for key in (report, "org-1/gone/original", "org-2/gone/original"):
        place = pipeline.storage / key
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"x")
    job = {
        "name": "test:sweep", "queue": "maintenance", "organization_id": "org-1",
        "args": {"organization_id": "org-1", "with_connection": with_connection},
    }  # fmt: skip
    pipeline.connection.execute(statement("enqueue_jobs"), {"jobs": json.dumps([job])})
    pipeline.work("maintenance", ADVISORJOBS_IMPORTS="tests.tasks.sweeping")

    (row,) = pipeline.rows("SELECT result FROM job_executions WHERE job_name = 'test:sweep' AND status = 'completed'")
    assert row["result"] == {"removed": 1}
    left = sorted(str(path.relative_to(pipeline.storage)) for path in pipeline.storage.rglob("*") if path.is_file())
    assert left == sorted([report, "org-2/gone/original", pipeline.document(kept)["storage_key"]])
