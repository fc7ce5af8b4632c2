"""The scheduled jobs: who is due when, what is ordered for whom, and that nothing is ordered twice."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.testing import CrashPoint
from tests.fixtures.firms import Firms, today, zone_where_it_is

NAMES = ("scheduled:daily_reports", "scheduled:invoice_reminders", "scheduled:task_reminders", "scheduled:data_sync")
MORNINGS = NAMES[:3]
YESTERDAY = today() - timedelta(days=1)


@pytest.mark.parametrize("name", MORNINGS)
def test_system_hands_out_to_firms_where_it_is_morning_once_a_day(firms: Firms, name: str) -> None:
    for hour in (6, 7, 11, 12):
        firms.firm(f"at-{hour}", time_zone=zone_where_it_is(hour))

    assert firms.run(name) == {"firms": 4, "queued": 2, "queued_before": 0}
    assert [each["organization_id"] for each in firms.waiting(name)] == ["at-11", "at-7"]
    assert firms.run(name) == {"firms": 4, "queued": 0, "queued_before": 2}
    firms.drain("scheduled")
    assert firms.run(name) == {"firms": 4, "queued": 0, "queued_before": 2}


@pytest.mark.parametrize("name", NAMES)
def test_only_is_handed_out_at_once_whatever_time_it_is_there(firms: Firms, name: str) -> None:
    firms.firm("night", time_zone=zone_where_it_is(3))
    firms.firm("other", time_zone=zone_where_it_is(8))

    assert firms.run(name, only=["night", "nobody"])["queued"] == 1
    assert [each["organization_id"] for each in firms.waiting(name)] == ["night"]


@pytest.mark.parametrize("name", NAMES)
def test_a_handing_out_that_dies_and_runs_again_queues_nothing_twice(firms: Firms, name: str) -> None:
    for firm in ("a", "b", "c"):
        firms.firm(firm, time_zone=zone_where_it_is(9))
    firms.queue(name)
    firms.kit.run_next(queue="scheduled", crash_at="after_function")
    assert [each["organization_id"] for each in firms.waiting(name)] == ["system", "a", "b", "c"]
    firms.kit.run_next(queue="scheduled")
    assert [each["organization_id"] for each in firms.waiting(name)] == ["a", "b", "c"]


def test_firms_are_handed_out_to_in_pages(firms: Firms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisorjobs.upkeep.handing_out.PAGE", 2)
    for number in range(5):
        firms.firm(f"org-{number}")

    assert firms.run("scheduled:data_sync") == {"firms": 5, "queued": 5, "queued_before": 0}


def test_a_firm_may_not_list_the_others(firms: Firms) -> None:
    firms.firm()
    firms.connection.execute("SET ROLE advisorjobs_tenant")
    firms.connection.execute("SELECT set_config('advisorjobs.organization', 'org-1', false)")

    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only jobs of the organization system"):
        firms.connection.execute("SELECT * FROM advisorjobs_list_firms(NULL, NULL, 10)")


@pytest.mark.parametrize("name", MORNINGS)
def test_an_organization_that_is_no_firm_is_not_found(firms: Firms, name: str) -> None:
    with pytest.raises(JobError, match="no firm") as error:
        firms.run(name, "nobody")
    assert error.value.code is ErrorCode.NOT_FOUND
    assert error.value.permanent


@pytest.mark.parametrize(("zone", "change"), [
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
])  # fmt: skip
def test_the_morning_comes_once_a_local_day_through_daylight_saving(zone: str, change: date) -> None:
    from advisorjobs.services.firms import ListedFirm

    tick = datetime(change.year, change.month, change.day, tzinfo=ZoneInfo("UTC")) - timedelta(days=2)
    first: dict[date, datetime] = {}
    for _ in range(5 * 96):
        firm = ListedFirm("f", zone, tick)
        if firm.is_morning:
            first.setdefault(firm.today, tick)
        tick += timedelta(minutes=15)

    days = [change + timedelta(days=days) for days in (-1, 0, 1)]
    assert [first[day].astimezone(ZoneInfo(zone)).strftime("%H:%M") for day in days] == ["07:00"] * 3


def report_day(firms: Firms) -> None:
    firms.firm()
    firms.add(
        "transactions", organization_id="org-1", client_id="c", booked_on=YESTERDAY, amount=100, description="Sale"
    )


def test_a_daily_report_goes_to_owners_and_admins(firms: Firms) -> None:
    report_day(firms)
    firms.member("admin", role="admin")
    firms.member("twin", role="admin", email="OWNER@org-1.example")
    firms.member("broken", role="admin", email="no address")
    firms.member("gone", role="admin", is_active=False)
    firms.member("clerk")

    result = firms.run("scheduled:daily_reports", "org-1")
    (order,) = firms.waiting("report:custom")
    assert result["report_job"] == order["id"]
    assert order["args"]["deliver_to"] == ["owner@org-1.example", "admin@org-1.example"]
    assert order["args"]["start"] == order["args"]["end"] == YESTERDAY.isoformat()


def test_a_day_without_anything_has_no_report(firms: Firms) -> None:
    firms.firm()
    firms.firm("org-2")
    firms.add("transactions", organization_id="org-2", client_id="c", booked_on=YESTERDAY, amount=1)

    assert firms.run("scheduled:daily_reports", "org-1")["skipped"] == "nothing happened on that day"
    assert firms.waiting() == []


def test_a_report_without_anybody_to_read_it_is_not_made(firms: Firms) -> None:
    report_day(firms)
    firms.connection.execute("UPDATE practice_members SET is_active = false")

    assert "no active owner" in firms.run("scheduled:daily_reports", "org-1")["skipped"]
    assert firms.waiting() == []


@pytest.mark.parametrize("point", ["before_commit", "after_commit", "after_function"])
def test_a_daily_report_is_ordered_once_wherever_the_job_dies(firms: Firms, point: CrashPoint) -> None:
    report_day(firms)
    firms.queue("scheduled:daily_reports", "org-1")
    firms.kit.run_due(queue="scheduled", crash_at=point)

    assert len(firms.waiting("report:custom")) == 1


def levels(firms: Firms) -> dict[str, int]:
    return {row["id"]: row["reminder_level"] for row in firms.rows("SELECT id, reminder_level FROM practice_invoices")}


def days_pass(firms: Firms, days: int) -> None:
    firms.connection.execute(
        "UPDATE practice_invoices SET due_on = due_on - %s, reminded_on = reminded_on - %s", [days, days]
    )


def test_reminders_go_one_level_further_a_fortnight_apart_and_end_with_the_fourth(firms: Firms) -> None:
    firms.firm()
    firms.invoice("i", overdue=2)
    seen, overdue = {}, 2
    for day in (2, 3, 16, 17, 30, 31, 44, 45, 46, 400):
        days_pass(firms, day - overdue)
        overdue = day
        firms.run("scheduled:invoice_reminders", "org-1")
        seen[day] = levels(firms)["i"]

    assert seen == {2: 0, 3: 1, 16: 1, 17: 2, 30: 2, 31: 3, 44: 3, 45: 4, 46: 4, 400: 4}
    assert [mail["template_data"]["level"] for mail in firms.mails()] == [1, 2, 3, 4]


def test_whoever_was_long_overdue_gets_one_level_at_a_time(firms: Firms) -> None:
    firms.firm()
    firms.invoice("i", overdue=300)
    for days in (0, 1, 12):
        days_pass(firms, days)
        firms.run("scheduled:invoice_reminders", "org-1")
        assert levels(firms) == {"i": 1}
    days_pass(firms, 1)
    firms.run("scheduled:invoice_reminders", "org-1")
    assert levels(firms) == {"i": 2}


def test_only_open_overdue_sales_with_an_address_are_reminded_of(firms: Firms) -> None:
    firms.firm()
    firms.firm("org-2")
    firms.add("customers", organization_id="org-1", client_id="c", id="k", name="Kim", email="kim@example.com")
    firms.invoice("due", overdue=5, party_email=None, customer_id="k", payment_url="http://not-safe.example")
    firms.invoice("soon", overdue=2)
    firms.invoice("paid", overdue=5, status="paid", paid=119)
    firms.invoice("settled", overdue=5, paid=119)
    firms.invoice("void", overdue=5, status="void")
    firms.invoice("owed", overdue=5, kind="purchase")
    firms.invoice("silent", overdue=5, party_email=" ")
    firms.invoice("wrong", overdue=5, party_email="Ada <ada@example.com>")
    firms.invoice("theirs", firm="org-2", overdue=5)

    result = firms.run("scheduled:invoice_reminders", "org-1")
    assert result == {"reminded": 1, "without_address": 2, "unusable": 0, "levels": {"1": 1}}
    assert {each: level for each, level in levels(firms).items() if level} == {"due": 1}
    (mail,) = firms.mails()
    assert mail["to"] == "kim@example.com"
    assert mail["reply_to"] == "office@teapot.example"
    assert mail["template_data"]["amount_due"] == "119.00"
    assert "payment_url" not in mail["template_data"]
    assert [each["kind"] for each in firms.feed()] == ["invoice.reminded"]
    assert firms.feed("org-2") == []


def test_hostile_names_become_harmless_lines(firms: Firms) -> None:
    firms.firm()
    firms.invoice("i", overdue=5, party_name="Ada\r\nBcc: eve@example.com =?utf-8?q?x?=", number="R\n1")

    firms.run("scheduled:invoice_reminders", "org-1")
    (mail,) = firms.mails()
    assert mail["template_data"]["recipient_name"] == "Ada Bcc: eve@example.com = ?utf-8?q?x?="
    assert mail["template_data"]["invoice_number"] == "R 1"


def test_reminders_of_many_invoices_go_page_by_page(firms: Firms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisorjobs.services.dunning.PAGE", 2)
    firms.firm()
    for number in range(5):
        firms.invoice(f"i{number}", overdue=5)

    assert firms.run("scheduled:invoice_reminders", "org-1")["reminded"] == 5
    assert len(firms.mails()) == 5


@pytest.mark.parametrize("point", ["before_function", "after_function"])
def test_nobody_is_reminded_twice_wherever_the_job_dies(firms: Firms, point: CrashPoint) -> None:
    firms.firm()
    firms.invoice("i", overdue=5)
    firms.queue("scheduled:invoice_reminders", "org-1")
    firms.kit.run_due(queue="scheduled", crash_at=point)

    assert len(firms.mails()) == 1
    assert levels(firms) == {"i": 1}


def duty(firms: Firms, task: str, days: int, **values: Any) -> None:
    given = {"organization_id": "org-1", "assignee_id": "owner", "title": f"Task {task}", **values}
    firms.add("tasks", id=task, due_on=today() + timedelta(days=days), **given)


def test_tasks_are_remembered_in_one_mail_a_person_once_a_day(firms: Firms) -> None:
    firms.firm()
    firms.firm("org-2")
    firms.member("clerk")
    firms.member("gone", is_active=False)
    duty(firms, "late", -4, client_id="c")
    duty(firms, "now", 0)
    duty(firms, "far", 4)
    duty(firms, "done", -1, status="done")
    duty(firms, "clerks", 3, assignee_id="clerk")
    duty(firms, "nobodys", 0, assignee_id=None)
    duty(firms, "leavers", 0, assignee_id="gone")
    duty(firms, "theirs", 0, organization_id="org-2")

    assert firms.run("scheduled:task_reminders", "org-1") == {"mails": 2, "tasks": 3, "without_address": 0}
    clerk, owner = firms.mails()
    assert clerk["to"] == "clerk@org-1.example"
    assert clerk["template_data"]["task_id"] == "clerks"
    assert owner["template_data"]["due_date"] == (today() - timedelta(days=4)).isoformat()
    assert owner["template_data"]["client_name"] == "Blue Teapot Ltd"
    assert [each["task_title"] for each in owner["template_data"]["others"]] == ["Task now"]
    assert firms.run("scheduled:task_reminders", "org-1") == {"mails": 0, "tasks": 0, "without_address": 0}
    firms.connection.execute("UPDATE practice_tasks SET reminded_on = reminded_on - 1")
    assert firms.run("scheduled:task_reminders", "org-1")["tasks"] == 3


def test_data_sync_queues_one_job_a_connection_that_works(firms: Firms) -> None:
    firms.firm()
    firms.firm("org-2")
    link = {"organization_id": "org-1", "service": "quickbooks"}
    firms.add("connections", **link, account="111")
    firms.add("connections", **link, account="222")
    firms.add("connections", **link, account="333", trouble="access was withdrawn")
    firms.add("connections", **link, account="444", is_active=False)
    firms.add("connections", **{**link, "service": "stripe"}, account="acct_1")
    firms.add("connections", **{**link, "organization_id": "org-2"}, account="555")

    result = firms.run("scheduled:data_sync", "org-1")
    assert result == {"quickbooks": 2, "stripe": 1, "needs_a_person": 1}
    assert [each["args"]["realm_id"] for each in firms.waiting()] == ["111", "222"]
    firms.run("scheduled:data_sync", "org-1", sources=["stripe"])
    firms.run("scheduled:data_sync", "org-1")
    assert len(firms.waiting("integration:quickbooks_sync")) == 2


def test_a_job_that_waits_in_vain_for_a_row_is_tried_again(firms: Firms) -> None:
    firms.firm()
    firms.invoice("i", overdue=5)
    firms.queue("scheduled:invoice_reminders", "org-1")
    firms.impatient()
    with firms.connection.transaction():
        firms.connection.execute("SELECT * FROM practice_invoices FOR UPDATE")
        ran = firms.kit.run_next(queue="scheduled", raising=False)
    assert ran is not None
    assert (ran.status, ran.error_code) == ("retrying", "database")
    assert firms.mails() == []


def test_reminders_arrive_as_mails_in_the_readers_language(documents_folder: Path, firms: Firms) -> None:
    firms.firm(language="de")
    firms.connection.execute("UPDATE practice_members SET language = 'de'")
    firms.invoice("i", overdue=5)
    duty(firms, "late", -4, client_id="c")
    duty(firms, "now", 0)
    firms.run("scheduled:invoice_reminders", "org-1")
    firms.run("scheduled:task_reminders", "org-1")
    firms.drain("emails")

    found = [
        message_from_bytes(path.read_bytes(), policy=default) for path in documents_folder.parent.glob("mails/*.eml")
    ]
    mails = {mail["To"]: mail for mail in found}
    assert set(mails) == {"ada@example.com", "owner@org-1.example"}
    assert "Task late" in mails["owner@org-1.example"]["Subject"]
    text = mails["owner@org-1.example"].get_body(("plain",)).get_content()
    assert "Diese Aufgabe wartet auf Sie." in text
    assert "Task now: " in text
    assert "119,00" in mails["ada@example.com"].get_body(("plain",)).get_content()
    assert mails["ada@example.com"]["Reply-To"] == "office@teapot.example"


def test_a_daily_report_arrives_as_a_mail_with_the_file(documents_folder: Path, firms: Firms) -> None:
    report_day(firms)
    firms.run("scheduled:daily_reports", "org-1")
    firms.drain("reports")
    firms.drain("emails")

    (mail,) = [
        message_from_bytes(path.read_bytes(), policy=default) for path in documents_folder.parent.glob("mails/*.eml")
    ]
    (report,) = mail.iter_attachments()
    assert mail["To"] == "owner@org-1.example"
    assert f"Daily report {YESTERDAY.isoformat()}" in mail["Subject"]
    assert report.get_content().startswith(b"%PDF")
