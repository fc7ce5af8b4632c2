"""Azure's engine: the Form Recognizer service, its prebuilt models for reading, tables and fields."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import cos, radians, sin
from pathlib import Path
from typing import Any, Final

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.reading.azure_fields import PREBUILT, fields_of
from advisorjobs.services.reading.intake import FileKind, file_kind
from advisorjobs.services.reading.libraries import needed
from advisorjobs.services.reading.limits import DEFAULT_LIMITS, Limits
from advisorjobs.services.reading.order import arranged
from advisorjobs.services.reading.page import Box, Page, Reading, Table, Word
from advisorjobs.services.reading.pdf import open_pdf
from advisorjobs.services.reading.pictures import open_image

__all__ = ["AzureReader"]

_READ, _LAYOUT = "prebuilt-read", "prebuilt-layout"
_CONNECT_TIMEOUT, _READ_TIMEOUT = 10.0, 60.0
_POLLING_INTERVAL = 1.0
_MAKES_NO_SENSE = frozenset({400, 413, 415, 422})
_SERVICE_REFUSALS: Final = ("InvalidRequest", "InvalidArgument", "InvalidContent", "UnsupportedContent")


@dataclass(frozen=True, slots=True)
class AzureReader:
    """Reads documents by Azure Form Recognizer; see `DocumentReader`.

    Every call is one analysis, tried once: the queue retries what can be retried. JobError `authentication`,
    `rate_limited` (with the service's Retry-After), `external_service`, `network`, and `validation` for documents that
    the service or the limits refuse.
    """

    endpoint: str
    key: str = field(repr=False)
    limits: Limits = DEFAULT_LIMITS
    polling_interval: float = _POLLING_INTERVAL
    extracts: frozenset[str] = frozenset(PREBUILT)

    def read(self, path: Path, *, language: str = "en", tables: bool = False, kind: str | None = None) -> Reading:
        if kind is not None and kind in PREBUILT:
            result = self._analyse(PREBUILT[kind], path)
            return _reading(PREBUILT[kind], result, fields_of(kind, result))
        model = _LAYOUT if tables else _READ
        return _reading(model, self._analyse(model, path, locale=language), {})

    def read_picture(self, path: Path, *, language: str = "en", pages: int = 2) -> Reading:
        return _reading(_READ, self._analyse(_READ, path, locale=language, pages=f"1-{pages}"), {})

    def analyse(self, path: Path, *, model: str | None, kind: str | None, language: str = "en") -> Reading:
        """The whole document by *model*, one of the service's or of one's own; None: the one for documents of *kind*."""
        chosen = model or PREBUILT.get(kind or "", _LAYOUT)
        draws_out = next((each for each, prebuilt in PREBUILT.items() if prebuilt == chosen), None)
        result = self._analyse(chosen, path, locale=language)
        return _reading(chosen, result, fields_of(draws_out, result) if draws_out else {})

    def _analyse(self, model: str, path: Path, **options: str) -> Any:
        content, found = _content(path, self.limits)
        if found not in (FileKind.PDF, FileKind.TIFF):
            options.pop("pages", None)
        with _errors_translated(), self._client() as client:
            return client.begin_analyze_document(model, content, **options).result()

    def _client(self) -> Any:
        service, core = needed("azure.ai.formrecognizer"), needed("azure.core.credentials")
        return service.DocumentAnalysisClient(
            self.endpoint,
            core.AzureKeyCredential(self.key),
            polling_interval=self.polling_interval,
            retry_total=0,
            connection_timeout=_CONNECT_TIMEOUT,
            read_timeout=_READ_TIMEOUT,
        )


def _content(path: Path, limits: Limits) -> tuple[bytes, FileKind]:
    """The file's bytes, checked as the local engine checks them; WebP, which the service doesn't know, as PNG."""
    kind = file_kind(path, limits=limits)
    if kind is FileKind.PDF:
        with open_pdf(path, limits=limits):
            return path.read_bytes(), kind
    with open_image(path, kind, limits=limits) as image:
        if kind is not FileKind.WEBP:
            return path.read_bytes(), kind
        png = io.BytesIO()
        image.save(png, "PNG")
        return png.getvalue(), FileKind.PNG


@contextmanager
def _errors_translated() -> Iterator[None]:
    """What the SDK raises as JobError; a text of the service is never passed on, it may quote the document."""
    errors = needed("azure.core.exceptions")
    try:
        yield
    except errors.HttpResponseError as error:
        raise _job_error(error) from error
    except (errors.ServiceRequestError, errors.ServiceResponseError) as error:
        raise JobError(ErrorCode.NETWORK, f"Azure Form Recognizer can't be reached ({type(error).__name__})") from error
    except errors.AzureError as error:
        raise JobError(ErrorCode.EXTERNAL_SERVICE, f"Azure Form Recognizer failed ({type(error).__name__})") from error


def _job_error(error: Any) -> JobError:
    status, code = error.status_code, error.error.code if error.error else None
    said = f"Azure Form Recognizer answered {status or 'nothing'}{f' ({code})' if code else ''}"
    if status in (401, 403):
        return JobError(ErrorCode.AUTHENTICATION, f"{said}: check AZURE_FORM_RECOGNIZER_KEY and _ENDPOINT")
    if status == 429:
        return JobError(ErrorCode.RATE_LIMITED, said, retry_after=_retry_after(error.response))
    if status in _MAKES_NO_SENSE or (status in (None, 200) and code in _SERVICE_REFUSALS):
        return JobError(ErrorCode.VALIDATION, f"{said}: the service can't read this document")
    if status == 404:
        return JobError(ErrorCode.NOT_FOUND, f"{said}: check AZURE_FORM_RECOGNIZER_ENDPOINT and the resource's region")
    return JobError(ErrorCode.EXTERNAL_SERVICE, said, retry_after=_retry_after(error.response))


def _retry_after(response: Any) -> float | None:
    """Seconds that the service asked to be left alone."""
    headers = response.headers if response is not None else {}
    for name, unit in (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value and value.replace(".", "", 1).isdigit():
            return float(value) * unit
    return None


def _reading(model: str, result: Any, fields: dict[str, Any]) -> Reading:
    pages = tuple(_page(page) for page in result.pages or ())
    tables = tuple(_table(table) for table in result.tables or ())
    return Reading(f"azure:{model}", pages, tables, fields=fields)


def _page(page: Any) -> Page:
    """The service's page, turned upright by the angle that it found."""
    angle = page.angle or 0.0
    sideways = round(angle / 90) % 2 == 1
    width, height = page.width or 1.0, page.height or 1.0
    shown = (height, width) if sideways else (width, height)
    words = [
        Word(word.content, _box(word.polygon, angle, (width, height), shown), float(word.confidence or 0.0))
        for word in page.words or ()
        if word.polygon
    ]
    unit = 72.0 if page.unit == "inch" else 1.0
    lines = arranged(words, width=shown[0], height=shown[1])
    return Page(page.page_number, shown[0] * unit, shown[1] * unit, lines, "service")


def _box(polygon: Iterable[Any], angle: float, size: tuple[float, float], shown: tuple[float, float]) -> Box:
    """The box around a polygon, turned back by *angle* degrees about the page's middle, as fractions."""
    turn = radians(-angle)
    xs, ys = [], []
    for point in polygon:
        x, y = point.x - size[0] / 2, point.y - size[1] / 2
        xs.append((x * cos(turn) - y * sin(turn)) / shown[0] + 0.5)
        ys.append((x * sin(turn) + y * cos(turn)) / shown[1] + 0.5)
    return Box(*(min(1.0, max(0.0, edge)) for edge in (min(xs), min(ys), max(xs), max(ys))))


def _table(table: Any) -> Table:
    rows = [[""] * table.column_count for _ in range(table.row_count)]
    for cell in table.cells:
        rows[cell.row_index][cell.column_index] = cell.content
    page = table.bounding_regions[0].page_number if table.bounding_regions else 1
    return Table(page, tuple(map(tuple, rows)))
