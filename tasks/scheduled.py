"""What schedules start: for `system` each hands out one job of its name per firm; for a firm it is the work itself.

Daily reports and reminders come on the firm's own morning, once on each of its days, by its own clocks. A firm's job
orders mails and reports in the transaction that notes that they were ordered, so that none is ordered twice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from advisorjobs.choices import ReportFormat, SyncSource
from advisorjobs.errors import PayloadError
from advisorjobs.fields import Day, Identifier, NoRepeats, Whole
from advisorjobs.job_run import JobRun
from advisorjobs.payloads import Payload
from advisorjobs.task import task

if TYPE_CHECKING:
    from datetime import date

    from advisorjobs.services.dunning import Reminder
    from advisorjobs.services.firms import OwnFirm

Result = dict[str, Any]
SYSTEM = "system"
MOST_RECIPIENTS = 20
TITLES = {"en": "Daily report", "de": "Tagesbericht"}
SECTIONS = ("income", "expenses", "transactions", "invoices", "documents", "tasks")


class ScheduledPayload(Payload):
    """Organization `system`: hands out to all firms that are due, or at once to those of `only`. A firm: its own work."""

    only: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=1000), NoRepeats] | None = None

    @field_validator("only")
    @classmethod
    def _for_system(cls, only: Any, info: ValidationInfo) -> Any:
        if only is not None and info.data.get("organization_id") != SYSTEM:
            raise ValueError("may be given where the organization is system: a firm's job is for that firm alone")
        return only


class DailyReportsPayload(ScheduledPayload):
    """`day` None: their yesterday."""

    day: Day | None = None
    format: ReportFormat = "pdf"


class InvoiceRemindersPayload(ScheduledPayload):
    """Reminds of invoices that are overdue by at least `grace_days`, one level further than the last time."""

    grace_days: Annotated[Whole, Field(ge=0, le=365)] = 3


class TaskRemindersPayload(ScheduledPayload):
    """Reminds of tasks that are due within `days`, and of those that are overdue."""

    days: Annotated[Whole, Field(ge=0, le=60)] = 3


class DataSyncPayload(ScheduledPayload):
    """`sources` default all that a firm is connected with."""

    sources: Annotated[tuple[SyncSource, ...], Field(min_length=1), NoRepeats] | None = None


@task("scheduled:daily_reports", payload=DailyReportsPayload)
def daily_reports(job: JobRun[DailyReportsPayload]) -> Result:
    """Orders the report of a day, for the firm's owners and admins. A day on which nothing happened has none."""
    from advisorjobs.services.firm_day import happenings
    from advisorjobs.services.firms import find_firm
    from advisorjobs.services.people import distinct, people_in_charge
    from advisorjobs.upkeep.handing_out import in_the_morning

    if job.payload.organization_id == SYSTEM:
        return in_the_morning(job, lambda firm: {"day": (job.payload.day or _yesterday(firm)).isoformat()})
    with job.transaction() as connection:
        firm = find_firm(connection)
        day = job.payload.day or _yesterday(firm)
        found = happenings(connection, firm, day)
        people = list(distinct(people_in_charge(connection)))[:MOST_RECIPIENTS]
        job.result = {"day": day.isoformat(), "found": found, "recipients": len(people)}
        if not any(found.values()):
            job.result["skipped"] = "nothing happened on that day"
        elif not people:
            job.result["skipped"] = "no active owner or admin has an address that mails can be sent to"
        else:
            job.result["report_job"] = _order_report(job, connection, firm, day, [each.email for each in people])
    return job.result


@task("scheduled:invoice_reminders", payload=InvoiceRemindersPayload)
def invoice_reminders(job: JobRun[InvoiceRemindersPayload]) -> Result:
    """Orders the mails, a page of invoices at a time: each page's mails and levels are one transaction."""
    from advisorjobs.services.dunning import due_reminders, raise_levels
    from advisorjobs.services.firms import find_firm
    from advisorjobs.upkeep.handing_out import in_the_morning

    if job.payload.organization_id == SYSTEM:
        return in_the_morning(job)
    done: dict[str, Any] = {"reminded": 0, "without_address": 0, "unusable": 0, "levels": {}}
    after = ""
    while True:
        with job.connection() as connection:
            firm = find_firm(connection)
            page = due_reminders(connection, firm.today, job.payload.grace_days, after)
            ordered = [each for each in page if _order_reminder(connection, firm, each, job, done)]
            raise_levels(connection, ordered, firm.today)
        if not page:
            return done
        after = page[-1].id


@task("scheduled:task_reminders", payload=TaskRemindersPayload)
def task_reminders(job: JobRun[TaskRemindersPayload]) -> Result:
    """Orders one mail for each person who has something to do; each a transaction with the note that they were reminded."""
    from advisorjobs import queue_email
    from advisorjobs.services.duties import as_reminder, due_duties, mark_reminded, people_with_duties
    from advisorjobs.services.firms import find_firm
    from advisorjobs.services.people import is_address
    from advisorjobs.upkeep.handing_out import in_the_morning

    if job.payload.organization_id == SYSTEM:
        return in_the_morning(job)
    done = {"mails": 0, "tasks": 0, "without_address": 0}
    with job.connection() as connection:
        firm = find_firm(connection)
        people = people_with_duties(connection, firm.today, job.payload.days)
    for person in people:
        if not is_address(person.email):
            done["without_address"] += 1
            continue
        with job.connection() as connection:
            duties = due_duties(connection, person, firm.today, job.payload.days)
            if not duties:
                continue
            queue_email.sync(
                organization_id=job.payload.organization_id,
                type="task_assignment",
                to=person.email,
                template_data=as_reminder(duties, person),
                language=person.language,
                connection=connection,
            )
            mark_reminded(connection, duties, firm.today)
        done["mails"] += 1
        done["tasks"] += len(duties)
    return done


@task("scheduled:data_sync", payload=DataSyncPayload)
def data_sync(job: JobRun[DataSyncPayload]) -> Result:
    """Queues a synchronization for each connection that works. One that is still under way isn't queued again."""
    from advisorjobs import queue_quickbooks_sync
    from advisorjobs.services.links import active_links
    from advisorjobs.upkeep.handing_out import Errand, hand_out

    if job.payload.organization_id == SYSTEM:
        return hand_out(job, lambda firm: Errand(key=f"asked:{job.id}"))
    with job.transaction() as connection:
        links = active_links(connection, job.payload.sources or ("quickbooks", "stripe"))
        job.result = {"quickbooks": 0, "stripe": 0, "needs_a_person": 0}
        for link in links:
            if link.trouble is not None:
                job.result["needs_a_person"] += 1
                continue
            job.result[link.service] += 1
            if link.service == "quickbooks":  # Stripe tells by its webhooks: there is nothing to fetch
                queue_quickbooks_sync.sync(
                    job.payload.organization_id,
                    realm_id=link.account,
                    unique_key=f"sync:{link.account}",
                    connection=connection,
                )
    return job.result


def _yesterday(firm: Any) -> date:
    yesterday: date = firm.today - timedelta(days=1)
    return yesterday


def _order_report(
    job: JobRun[DailyReportsPayload], connection: Any, firm: OwnFirm, day: date, addresses: list[str]
) -> int:
    from advisorjobs import queue_custom_report
    from advisorjobs.services.people import as_language

    language = as_language(firm.language)
    return queue_custom_report.sync(
        job.payload.organization_id,
        title=f"{TITLES.get(language.partition('-')[0], TITLES['en'])} {day.isoformat()}",
        sections=SECTIONS,
        start=day,
        end=day,
        format=job.payload.format,
        language=language,
        deliver_to=addresses,
        connection=connection,
    )


def _order_reminder(
    connection: Any, firm: OwnFirm, reminder: Reminder, job: JobRun[InvoiceRemindersPayload], done: dict[str, Any]
) -> bool:
    """Whether a mail was ordered. One invoice that no mail can be made of holds up none of the others."""
    from advisorjobs import queue_email
    from advisorjobs.services.activity import activity
    from advisorjobs.services.people import as_language, is_address

    if reminder.address is None or not is_address(reminder.address):
        done["without_address"] += 1
        return False
    reply_to = next((each for each in (reminder.reply_to, firm.email) if is_address(each)), None)
    try:
        queue_email.sync(
            organization_id=job.payload.organization_id,
            type="invoice_reminder",
            to=reminder.address,
            template_data=reminder.template_data,
            language=as_language(firm.language),
            reply_to=reply_to,
            connection=connection,
        )
    except PayloadError as error:  # refused before anything was sent: the transaction is as it was
        job.log.warning("an invoice can't be reminded of: %s", ", ".join(error.fields))
        done["unusable"] += 1
        return False
    connection.execute(
        *activity(
            f"invoice.reminded:{reminder.id}:{reminder.level}",
            "invoice.reminded",
            f"Reminder {reminder.level} for invoice {reminder.number} was sent",
            subject=("invoice", reminder.id),
            client_id=reminder.client_id,
            data={"level": reminder.level},
        )
    )
    done["reminded"] += 1
    done["levels"][str(reminder.level)] = done["levels"].get(str(reminder.level), 0) + 1
    return True
