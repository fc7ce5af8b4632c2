"""Where a report goes when it is made: its file into the store, its row into `practice_reports`, word of it into the feed.

The file comes first, under a name that follows from the job: a run that is repeated writes over its own. The rest is one
transaction, the one that completes the job.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from advisorjobs.choices import ReportFormat
from advisorjobs.database.statement import statement
from advisorjobs.services.activity import activity
from advisorjobs.services.reports.csv_text import csv_text
from advisorjobs.services.reports.model import Report
from advisorjobs.services.reports.pdf import pdf
from advisorjobs.services.reports.workbook import workbook
from advisorjobs.services.storage import Shelf

__all__ = ["Filed", "find_filed", "record", "report_id", "store"]

UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u2028-\u202e\u2066-\u2069]+')


@dataclass(frozen=True, slots=True)
class Form:
    """How a report becomes a file, and the ending of the file's name."""

    ending: str
    render: Callable[[Report], bytes]


FORMS: Mapping[ReportFormat, Form] = MappingProxyType(
    {"pdf": Form("pdf", pdf), "excel": Form("xlsx", workbook), "csv": Form("csv", csv_text)}
)


@dataclass(frozen=True, slots=True)
class Filed:
    """A report's file as it is kept. `id` is the report's, which a mail names to attach it."""

    id: str
    format: ReportFormat
    file_name: str
    storage_key: str
    size: int
    sha256: str


def report_id(job_id: int) -> str:
    """A job makes one report, however often it runs."""
    return f"report-{job_id}"


def find_filed(connection: Any, organization_id: str, job_id: int) -> dict[str, Any] | None:
    """What the job's result says of the report that it has made already; None where it has made none."""
    row = connection.execute(statement("find_report"), {"organization": organization_id, "job": job_id}).fetchone()
    return None if row is None else dict(zip(("report_id", "format", "file_name", "bytes"), row, strict=True))


def store(shelf: Shelf, report: Report, job_id: int, form: ReportFormat) -> Filed:
    """Draws the report up in its form and puts the file into the store."""
    name, ending = report_id(job_id), FORMS[form].ending
    data = FORMS[form].render(report)
    key = shelf.key(name, f"report.{ending}")
    shelf.put(key, data)
    return Filed(name, form, _file_name(report, ending), key, len(data), hashlib.sha256(data).hexdigest())


def record(
    connection: Any, organization_id: str, client_id: str | None, job_id: int, report: Report, filed: Filed
) -> bool:
    """Writes the report's row and its line in the feed. Says whether it is new."""
    values = {
        "organization": organization_id,
        "id": filed.id,
        "client": client_id,
        "job": job_id,
        "name": report.name,
        "title": report.title,
        "format": filed.format,
        "start": report.start,
        "end": report.end,
        "file_name": filed.file_name,
        "storage_key": filed.storage_key,
        "size": filed.size,
        "sha256": filed.sha256,
    }
    if connection.execute(statement("record_report"), values).fetchone() is None:
        return False
    said = f"{report.title}, {report.period}: {report.client} ({filed.format})"
    entry = activity(f"report.made:{filed.id}", "report.made", said, subject=("report", filed.id), client_id=client_id)
    connection.execute(*entry)
    return True


def _file_name(report: Report, ending: str) -> str:
    """For people who save it: title, client and period, without what no file system takes."""
    name = UNFIT.sub(" ", f"{report.title} {report.client} {report.period}")
    return f"{' '.join(name.split())[:150].strip(' .')}.{ending}"
