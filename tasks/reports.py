"""Reports for a firm and its clients, as PDF, Excel or CSV."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from advisorjobs.choices import Grouping, ReportFormat, Section
from advisorjobs.fields import Day, EmailAddress, Identifier, Language, Line, NoRepeats, Period, Whole
from advisorjobs.payloads import Payload
from advisorjobs.task import task


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


financial = task("report:financial", payload=FinancialReportPayload)
tax_summary = task("report:tax_summary", payload=TaxSummaryPayload)
client_overview = task("report:client_overview", payload=ClientOverviewPayload)
custom = task("report:custom", payload=CustomReportPayload)
monthly = task("report:monthly", payload=MonthlyReportPayload)
