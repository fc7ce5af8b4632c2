"""The virus check against a real clamd, and without one."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.scanning import ClamdScanner, NoScanner, scanner
from advisorjobs.settings import Clamd
from tests.fixtures.clamd import STREAM_LIMIT, RunningClamd, eicar
from tests.fixtures.clusters import free_port
from tests.fixtures.pipeline import Pipeline, sample

WAYS = pytest.mark.parametrize("way", ["by_socket", "by_port"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(sample("letter.pdf"))
    return path


@WAYS
def test_a_harmless_file_is_clean(clamd: RunningClamd, way: str, file: Path) -> None:
    verdict = ClamdScanner(getattr(clamd, way)).scan(file)

    assert (verdict.scan, verdict.signature) == ("clean", None)
    assert verdict.engine.startswith("clamd (ClamAV ")


@WAYS
def test_an_infected_file_is_found_with_its_signature(clamd: RunningClamd, way: str, file: Path) -> None:
    file.write_bytes(eicar())
    verdict = ClamdScanner(getattr(clamd, way)).scan(file)

    assert verdict.scan == "infected"
    assert verdict.signature is not None
    assert "Test.Eicar" in verdict.signature


def test_an_empty_file_is_clean(clamd: RunningClamd, file: Path) -> None:
    file.write_bytes(b"")

    assert ClamdScanner(clamd.by_socket).scan(file).scan == "clean"


@WAYS
@pytest.mark.parametrize("factor", [2, 40])
def test_a_file_over_clamds_limit_is_refused_naming_the_limit(
    clamd: RunningClamd, way: str, factor: int, file: Path
) -> None:
    file.write_bytes(bytes(STREAM_LIMIT * factor))

    with pytest.raises(JobError, match="StreamMaxLength") as error:
        ClamdScanner(getattr(clamd, way)).scan(file)
    assert error.value.code is ErrorCode.VALIDATION


@pytest.mark.parametrize("where", ["port", "socket"])
def test_a_clamd_that_isnt_there_is_a_network_error_that_names_the_place(where: str, file: Path) -> None:
    nowhere = Clamd("127.0.0.1", free_port(), None) if where == "port" else Clamd(None, 3310, Path("/nowhere/clamd"))

    with pytest.raises(JobError, match=r"127\.0\.0\.1|/nowhere/clamd") as error:
        ClamdScanner(nowhere).scan(file)
    assert error.value.code is ErrorCode.NETWORK
    assert not error.value.permanent


def test_many_scans_at_once_get_their_own_verdicts(clamd: RunningClamd, tmp_path: Path) -> None:
    files = [tmp_path / str(number) for number in range(12)]
    for number, path in enumerate(files):
        path.write_bytes(eicar() if number % 3 == 0 else sample("letter.pdf"))
    verdicts: dict[Path, str] = {}

    def scan(path: Path) -> None:
        verdicts[path] = ClamdScanner(clamd.by_socket).scan(path).scan

    threads = [threading.Thread(target=scan, args=[path]) for path in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [verdicts[path] for path in files] == ["infected", "clean", "clean"] * 4


def test_without_clamd_nothing_is_called_clean(file: Path) -> None:
    assert isinstance(scanner(None), NoScanner)
    assert scanner(None).scan(file).scan == "not_scanned"


def test_an_infected_document_stops_its_pipeline_and_stays_marked(
    clamd: RunningClamd, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAMAV_SOCKET", str(clamd.by_socket.socket))
    document = pipeline.add("eicar.pdf", eicar())

    with pytest.raises(JobError, match=r"infected \(.*Test\.Eicar") as error:
        pipeline.step()
    assert error.value.code is ErrorCode.VALIDATION
    assert error.value.permanent
    row = pipeline.document(document)
    assert (row["scan"], row["status"]) == ("infected", "infected")
    assert pipeline.waiting() == []
    with pytest.raises(JobError, match="infected"):
        pipeline.run("document:ocr", document)


def test_a_document_that_was_not_scanned_is_scanned_once_there_is_a_clamd(
    clamd: RunningClamd, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = pipeline.add("letter.pdf")
    pipeline.step()
    monkeypatch.setenv("CLAMAV_SOCKET", str(clamd.by_socket.socket))
    result = pipeline.run("document:virus_scan", document)

    assert result["scan"] == "clean"
    assert pipeline.document(document)["scan"] == "clean"
