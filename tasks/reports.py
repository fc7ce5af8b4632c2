"""Reports for a firm and its clients, as PDF, Excel or CSV.

Each is drawn up once from the practice's tables and then written in its form, stored beside the documents, entered in
`practice_reports`, and mailed to whom it is to be delivered. A job that runs again finds its report and makes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from advisorjobs.choices import Grouping, ReportFormat, Section
from advisorjobs.fields import Day, EmailAddress, Identifier, Language, Line, NoRepeats, Period, Whole
from advisorjobs.job_run import JobRun
from advisorjobs.payloads import Payload
from advisorjobs.settings import Settings
from advisorjobs.task import task

if TYPE_CHECKING:
    from advisorjobs.services.reports.books import Books
    from advisorjobs.services.reports.language import Language
    from advisorjobs.services.reports.model import Report
    from advisorjobs.services.storage import Shelf

Result = dict[str, Any]


class ReportPayload(Payload):
    """`deliver_to`: who gets it by mail when it is made; it is stored in any case."""

    format: ReportFormat = "pdf"
    language: Language = "en"
    deliver_to: Annotated[tuple[EmailAddress, ...], Field(max_length=20), NoRepeats] = ()


class ClientReportPayload(ReportPayload):
    client_id: Identifier


class FinancialReportPayload(Period, ClientReportPayload):
    """Income, expenses and balance from `start` to `end`."""


class TaxSummaryPayload(ClientReportPayload):
    """What a tax return needs, of one calendar year."""

    tax_year: Annotated[Whole, Field(ge=1990, le=2100)]


class ClientOverviewPayload(ClientReportPayload):
    """Where a client stands on one day; None: the day on which the job runs."""

    as_of: Day | None = None


class CustomReportPayload(Period, ReportPayload):
    """`sections` in this order; `client_id` None: over all clients of the organization."""

    title: Line
    sections: Annotated[tuple[Section, ...], Field(min_length=1), NoRepeats]
    client_id: Identifier | None = None
    group_by: Grouping = "none"


class MonthlyReportPayload(ClientReportPayload):
    """`month` as "2024-03"; None: the one before the month in which the job runs."""

    month: Annotated[str, Field(pattern=r"^(19|20)\d\d-(0[1-9]|1[0-2])$")] | None = None


@task("report:financial", payload=FinancialReportPayload)
def financial(job: JobRun[FinancialReportPayload]) -> Result:
    """Income and expenses by month and category, accounts, open invoices."""
    from advisorjobs.services.reports.financial import financial as contents

    asked = job.payload
    return _made(job, asked.client_id, lambda books, words: contents(books, words, asked.start, asked.end))


@task("report:tax_summary", payload=TaxSummaryPayload)
def tax_summary(job: JobRun[TaxSummaryPayload]) -> Result:
    """Income and deductible expenses by category, VAT by quarter."""
    from advisorjobs.services.reports.tax_summary import tax_summary as contents

    asked = job.payload
    return _made(job, asked.client_id, lambda books, words: contents(books, words, asked.tax_year))


@task("report:client_overview", payload=ClientOverviewPayload)
def client_overview(job: JobRun[ClientOverviewPayload]) -> Result:
    """Accounts, open invoices with their ages, open tasks, latest documents, what happened lately."""
    from advisorjobs.services.reports.client_overview import client_overview as contents

    asked = job.payload
    return _made(job, asked.client_id, lambda books, words: contents(books, words, asked.as_of))


@task("report:custom", payload=CustomReportPayload)
def custom(job: JobRun[CustomReportPayload]) -> Result:
    """The sections that were asked for, in their order and grouping."""
    from advisorjobs.services.reports.custom import custom as contents

    asked = job.payload
    return _made(
        job,
        asked.client_id,
        lambda books, words: contents(
            books,
            words,
            title=asked.title,
            sections=asked.sections,
            start=asked.start,
            end=asked.end,
            group_by=asked.group_by,
        ),
    )


@task("report:monthly", payload=MonthlyReportPayload)
def monthly(job: JobRun[MonthlyReportPayload]) -> Result:
    """A month beside the one before and the same of the year before."""
    from advisorjobs.services.reports.monthly import monthly as contents

    asked = job.payload
    return _made(job, asked.client_id, lambda books, words: contents(books, words, asked.month))


def _made(job: JobRun[Any], client_id: str | None, contents: Callable[[Books, Language], Report]) -> Result:
    """Draws a report up from the client's books, stores it, and has it delivered."""
    from advisorjobs.services.reports import filing
    from advisorjobs.services.reports.books import open_books
    from advisorjobs.services.reports.language import language

    organization, asked = job.payload.organization_id, job.payload
    with job.connection() as connection:
        if known := filing.find_filed(connection, organization, job.id):
            return {"skipped": True, **known}
        books = open_books(connection, organization, client_id, job.id)
        report = contents(books, language(asked.language))
    filed = filing.store(_shelf(organization), report, job.id, asked.format)
    with job.transaction() as connection:
        job.result = {
            "report_id": filed.id,
            "format": filed.format,
            "file_name": filed.file_name,
            "bytes": filed.size,
            "rows": sum(1 for table in report.tables for _ in table.rows),
        }
        if filing.record(connection, organization, client_id, job.id, report, filed):
            _deliver(asked, connection, client_id, report, filed.id)
    return job.result


def _shelf(organization_id: str) -> Shelf:
    from advisorjobs.services.storage import storage

    return storage(Settings.from_environment()).shelf(organization_id)


def _deliver(asked: ReportPayload, connection: Any, client_id: str | None, report: Report, report_id: str) -> None:
    """Queues a mail with the report to each who is to have it, in the transaction that completes the job."""
    from advisorjobs import queue_email

    data = {
        "report_name": report.title,
        "client_name": _line(report.client) if client_id else None,
        "format": asked.format,
        "period_start": report.start,
        "period_end": report.end,
    }
    for address in asked.deliver_to:
        queue_email.sync(
            organization_id=asked.organization_id,
            type="report_delivery",
            to=address,
            template_data={key: value for key, value in data.items() if value is not None},
            language=asked.language,
            attachments=(report_id,),
            connection=connection,
        )


def _line(name: str | None) -> str | None:
    """A client's name as a mail's payload takes it; None where there is none or it can't be."""
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(Line).validate_python(name)
    except ValidationError:
        return None
