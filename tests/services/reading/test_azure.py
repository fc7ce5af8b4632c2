"""The Azure engine, with the real SDK against a server on this machine that speaks the service's protocol."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.documents.extraction import extract
from advisorjobs.services.reading.azure import AzureReader
from tests.services.reading.azure_server import KEY, AzureServer, analysis, azure_server

WORDS = [("Invoice", 1.0, 1.0, 1.8, 1.2), ("INV-7", 2.0, 1.0, 2.6, 1.2), ("Total", 1.0, 5.0, 1.5, 5.2)]


@pytest.fixture
def server() -> Iterator[AzureServer]:
    with azure_server() as running:
        yield running


@pytest.fixture
def reader(server: AzureServer) -> AzureReader:
    return AzureReader(server.endpoint, KEY, polling_interval=0.01)


def test_text_comes_with_places_and_confidences(server: AzureServer, reader: AzureReader, picture: Path) -> None:
    server.results["prebuilt-read"] = analysis("prebuilt-read", WORDS)

    reading = reader.read(picture, language="de")

    assert reading.engine == "azure:prebuilt-read"
    assert reading.text == "Invoice INV-7\nTotal"
    word = reading.pages[0].lines[0].words[0]
    assert (word.box.left, word.box.top, word.confidence) == (pytest.approx(1 / 8.5), pytest.approx(1 / 11), 0.97)
    assert (reading.pages[0].width, reading.pages[0].source) == (612.0, "service")
    model, query, body = server.asked[0]
    assert (model, query["locale"], body) == ("prebuilt-read", ["de"], picture.read_bytes())


def test_a_page_on_its_side_is_turned(server: AzureServer, reader: AzureReader, picture: Path) -> None:
    sideways = [("first", 8.0, 1.0, 8.2, 1.5), ("second", 7.0, 1.0, 7.2, 1.5)]
    server.results["prebuilt-read"] = analysis("prebuilt-read", sideways, angle=90.0)

    page = reader.read(picture).pages[0]

    assert page.text == "first\nsecond"
    assert page.width > page.height


def test_tables_are_asked_of_the_layout_model(server: AzureServer, reader: AzureReader, picture: Path) -> None:
    cells = [{"rowIndex": n // 2, "columnIndex": n % 2, "content": text, "spans": []} for n, text in enumerate("abcd")]
    table = {"rowCount": 2, "columnCount": 2, "cells": cells, "spans": [], "boundingRegions": []}
    server.results["prebuilt-layout"] = analysis("prebuilt-layout", WORDS, tables=[table])

    assert reader.read(picture, tables=True).tables[0].rows == (("a", "b"), ("c", "d"))


def test_an_invoice_s_fields_are_taken_over_by_extraction(
    server: AzureServer, reader: AzureReader, picture: Path
) -> None:
    def money(amount: float) -> dict[str, object]:
        return {
            "type": "currency",
            "valueCurrency": {"amount": amount, "currencyCode": "EUR"},
            "content": str(amount),
            "confidence": 0.9,
        }

    item = {
        "Description": {"type": "string", "valueString": "Tea"},
        "Amount": money(10.0),
        "Quantity": {"type": "number", "valueNumber": 2.0},
    }
    fields = {
        "VendorName": {
            "type": "string",
            "valueString": "Tea House Ltd",
            "content": "Tea House Ltd",
            "confidence": 0.95,
        },
        "InvoiceId": {"type": "string", "valueString": "INV-7", "content": "INV-7", "confidence": 0.98},
        "InvoiceDate": {"type": "date", "valueDate": "2024-05-03", "content": "3 May", "confidence": 0.93},
        "InvoiceTotal": money(11.9),
        "SubTotal": money(10.0),
        "Items": {"type": "array", "valueArray": [{"type": "object", "valueObject": item}]},
    }
    document = {"docType": "invoice", "fields": fields, "confidence": 1.0, "spans": [], "boundingRegions": []}
    server.results["prebuilt-invoice"] = analysis("prebuilt-invoice", WORDS, documents=[document])

    reading = reader.read(picture, kind="invoice")
    found = extract(reading, kind="invoice")

    assert reading.engine == "azure:prebuilt-invoice"
    values = {name: getattr(found, name).value for name in ("issuer", "number", "date", "net", "total", "currency")}
    assert found.issuer is not None
    assert found.issuer.confidence == 0.95
    assert values == {
        "issuer": "Tea House Ltd",
        "number": "INV-7",
        "date": "2024-05-03",
        "net": "10.00",
        "total": "11.90",
        "currency": "EUR",
    }
    assert [(line.description, line.quantity, line.amount) for line in found.lines] == [("Tea", "2", "10.00")]


def test_a_w2_form_s_employer_is_its_issuer(server: AzureServer, reader: AzureReader, picture: Path) -> None:
    employer = {"Name": {"type": "string", "valueString": "Bakery Inc", "confidence": 0.9}}
    fields = {
        "Employer": {"type": "object", "valueObject": employer, "confidence": 0.9},
        "WagesTipsAndOtherCompensation": {"type": "number", "valueNumber": 41250.5, "confidence": 0.8},
    }
    document = {"docType": "tax.us.w2", "fields": fields, "confidence": 1.0, "spans": [], "boundingRegions": []}
    server.results["prebuilt-tax.us.w2"] = analysis("prebuilt-tax.us.w2", WORDS, documents=[document])

    reading = reader.read(picture, kind="tax_form")

    assert reading.fields["issuer"] == {"value": "Bakery Inc", "confidence": 0.9}
    assert reading.fields["total"] == {"value": "41250.50", "confidence": 0.8}


def test_a_wrong_key_is_an_authentication_error(server: AzureServer, picture: Path) -> None:
    with pytest.raises(JobError, match="AZURE_FORM_RECOGNIZER_KEY") as caught:
        AzureReader(server.endpoint, "wrong").read(picture)

    assert (caught.value.code, caught.value.permanent) == (ErrorCode.AUTHENTICATION, True)


@pytest.mark.parametrize(
    ("status", "headers", "code", "expected", "after"),
    [
        (429, {"Retry-After": "17"}, "429", ErrorCode.RATE_LIMITED, 17.0),
        (503, {}, "ServiceUnavailable", ErrorCode.EXTERNAL_SERVICE, None),
        (400, {}, "InvalidRequest", ErrorCode.VALIDATION, None),
        (404, {}, "ModelNotFound", ErrorCode.NOT_FOUND, None),
    ],
)
def test_what_the_service_answers_decides_the_error(
    server: AzureServer,
    reader: AzureReader,
    picture: Path,
    status: int,
    headers: dict[str, str],
    code: str,
    expected: ErrorCode,
    after: float | None,
) -> None:
    server.refusal = (status, headers, code)

    with pytest.raises(JobError, match=str(status)) as caught:
        reader.read(picture)

    assert (caught.value.code, caught.value.retry_after) == (expected, after)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [("InvalidRequest", ErrorCode.VALIDATION), ("InternalServerError", ErrorCode.EXTERNAL_SERVICE)],
)
def test_an_analysis_may_fail_after_it_was_accepted(
    server: AzureServer, reader: AzureReader, picture: Path, failure: str, expected: ErrorCode
) -> None:
    server.failure = failure

    with pytest.raises(JobError, match=failure) as caught:
        reader.read(picture)

    assert caught.value.code == expected


def test_an_unreachable_service_is_a_network_error(picture: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    with pytest.raises(JobError) as caught:
        AzureReader(f"http://127.0.0.1:{port}", KEY).read(picture)

    assert caught.value.code == ErrorCode.NETWORK


def test_webp_which_the_service_does_not_know_is_sent_as_png(
    server: AzureServer, reader: AzureReader, picture: Path
) -> None:
    from PIL import Image

    server.results["prebuilt-read"] = analysis("prebuilt-read", WORDS)
    webp = picture.with_suffix(".webp")
    Image.open(picture).save(webp)

    reader.read_picture(webp)

    _, query, body = server.asked[0]
    assert body.startswith(b"\x89PNG")
    assert "pages" not in query


def test_the_key_is_not_in_the_reader_s_representation() -> None:
    assert "secret" not in repr(AzureReader("https://somewhere.example", "secret"))
