"""The report jobs end to end: real tables, a real folder, and files that say the same in all three forms."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from datetime import date
from decimal import Decimal
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from advisorjobs.tasks import reports

from advisorjobs import get_queue_manager
from advisorjobs.errors import ErrorCode, JobError, PayloadError
from advisorjobs.payloads import parse_payload
from advisorjobs.testing import CrashPoint
from tests.fixtures.apps import ROOT
from tests.fixtures.bookkeeping import CLIENT, FIRM, Bookkeeping
from tests.fixtures.read_back import csv_lines, csv_sums, pdf_pages, pdf_sums, stored_sums, workbook_of, workbook_sums

YEAR = {"start": "2024-01-01", "end": "2024-12-31"}
REPORTS: dict[str, dict[str, Any]] = {
    "report:financial": {"client_id": CLIENT, **YEAR},
    "report:tax_summary": {"client_id": CLIENT, "tax_year": 2024},
    "report:client_overview": {"client_id": CLIENT, "as_of": "2024-12-28"},
    "report:custom": {
        "client_id": CLIENT,
        "title": "For the bank",
        "sections": ["taxes", "income", "expenses", "cash_flow", "transactions", "invoices", "documents", "tasks"],
        "group_by": "quarter",
        **YEAR,
    },
    "report:monthly": {"client_id": CLIENT, "month": "2024-11"},
}
FINANCIAL = REPORTS["report:financial"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_report_says_the_same_in_all_three_forms(bookkeeping: Bookkeeping, language: str) -> None:
    bookkeeping.firm()
    bookkeeping.year()
    for name, payload in REPORTS.items():
        files = {}
        for form in ("pdf", "excel", "csv"):
            ran = bookkeeping.make(name, format=form, language=language, **payload)
            assert ran.status == "completed"
            assert ran.result["rows"] > 10
            files[form] = bookkeeping.file(ran)
        sums = csv_sums(files["csv"])

        assert len(sums) >= 3, name
        assert workbook_sums(files["excel"]) == sums, name
        assert pdf_sums(files["pdf"], language) == sums, name


def test_a_custom_report_over_all_clients_names_each_rows_client(bookkeeping: Bookkeeping) -> None:
    bookkeeping.firm()
    bookkeeping.put("clients", id="client-2", name="Praxis Dr. Amsel")
    bookkeeping.money(date(2024, 3, 1), "100.00", "sales")
    bookkeeping.money(date(2024, 3, 2), "250.00", "sales", client_id="client-2")
    ran = bookkeeping.make(
        "report:custom", format="csv", title="All", sections=["transactions"], group_by="month", **YEAR
    )
    rows = [line for line in csv_lines(bookkeeping.file(ran)) if line["line"] == "row"]

    assert [(row["client"], row["amount"]) for row in rows] == [
        ("Werkstatt Brandt e. K.", "100.00"),
        ("Praxis Dr. Amsel", "250.00"),
    ]
    assert bookkeeping.rows("SELECT client_id FROM practice_reports")[0]["client_id"] is None


def test_a_custom_report_groups_with_subtotals_that_make_up_the_total(bookkeeping: Bookkeeping) -> None:
    bookkeeping.firm()
    bookkeeping.year()
    asked: dict[str, Any] = {"client_id": CLIENT, "title": "T", "sections": ["expenses", "transactions"], **YEAR}
    for group_by in ("none", "month", "quarter", "category"):
        lines = csv_lines(bookkeeping.file(bookkeeping.make("report:custom", format="csv", group_by=group_by, **asked)))
        for table in ("Expenses", "Transactions"):
            sums = {kind: amounts(lines, table, kind) for kind in ("subtotal", "total")}
            assert len(sums["total"]) == 1
            assert (len(sums["subtotal"]) > 3) == (group_by != "none")
            assert sum(sums["subtotal"]) == (sums["total"][0] if sums["subtotal"] else 0)


def test_the_figures_are_those_of_the_books(bookkeeping: Bookkeeping) -> None:
    bookkeeping.firm()
    bookkeeping.put("accounts", id="a", client_id=CLIENT, name="Bank", opening_balance="1000.00")
    bookkeeping.money(date(2023, 12, 31), "500.00", "sales", account_id="a")
    bookkeeping.money(date(2024, 2, 1), "1190.00", "services", tax="190.00", account_id="a")
    bookkeeping.money(date(2024, 2, 2), "-119.00", "meals", tax="-19.00", account_id="a")
    bookkeeping.money(date(2024, 5, 2), "-50.00", "no_such_category", account_id="a")
    bookkeeping.money(date(2024, 5, 3), "-200.00", "owner", account_id="a")
    financial = csv_lines(bookkeeping.file(bookkeeping.make("report:financial", format="csv", **FINANCIAL)))
    taxes = csv_lines(
        bookkeeping.file(bookkeeping.make("report:tax_summary", format="csv", client_id=CLIENT, tax_year=2024))
    )

    assert facts(financial) == {
        "Income": "1190.00", "Expenses": "169.00", "Result": "1021.00", "In accounts": "2321.00", "Receivables": "0.00",
    }  # fmt: skip
    assert facts(taxes) == {
        "Income, net": "1000.00", "Deductible expenses": "70.00", "Taxable result": "930.00", "VAT due": "171.00",
    }  # fmt: skip
    assert [line["category"] for line in financial if line["table"] == "Expenses"] == [
        "Meals and entertainment",
        "Uncategorised",
        "",
    ]
    assert "Transactions without a category: 1." in " ".join(line["label"] for line in financial)
    account = next(line for line in financial if line["account"] == "Bank")
    assert (account["opening"], account["movement"], account["closing"]) == ("1500.00", "821.00", "2321.00")


def test_an_invoice_is_as_open_as_it_was_on_the_day(bookkeeping: Bookkeeping) -> None:
    bookkeeping.firm()
    invoice = {
        "client_id": CLIENT,
        "party_name": "P",
        "issued_on": "2024-01-10",
        "due_on": "2024-01-24",
        "net": 100,
        "total": 100,
    }
    bookkeeping.put("invoices", id="i1", number="1", paid=100, status="paid", **invoice)
    bookkeeping.put("invoices", id="i2", number="2", paid=30, **invoice)
    bookkeeping.put("invoices", id="i3", number="3", status="void", **invoice)
    bookkeeping.put("payments", client_id=CLIENT, invoice_id="i1", paid_on="2024-02-10", amount=100)
    on_day = {}
    for day in ("2024-02-01", "2024-03-01"):
        ran = bookkeeping.make("report:client_overview", format="csv", client_id=CLIENT, as_of=day)
        rows = [line for line in csv_lines(bookkeeping.file(ran)) if line["number"] and line["line"] == "row"]
        on_day[day] = [(row["number"], row["outstanding"], row["overdue_days"]) for row in rows]

    assert on_day == {"2024-02-01": [("1", "100.00", "8"), ("2", "70.00", "8")], "2024-03-01": [("2", "70.00", "37")]}


def test_currencies_are_never_added_up(bookkeeping: Bookkeeping) -> None:
    bookkeeping.firm()
    for currency, amount in (("EUR", "10.00"), ("USD", "20.00"), ("CHF", "40.00")):
        bookkeeping.money(date(2024, 3, 1), amount, "sales", currency=currency)
    files = {
        form: bookkeeping.file(bookkeeping.make("report:financial", format=form, **FINANCIAL))
        for form in ("csv", "pdf", "excel")
    }
    income = [line for line in csv_lines(files["csv"]) if (line["table"], line["line"]) == ("Income", "total")]

    assert [(line["currency"], line["amount"]) for line in income] == [
        ("EUR", "10.00"),
        ("CHF", "40.00"),
        ("USD", "20.00"),
    ]
    assert "never added up" in "".join(pdf_pages(files["pdf"]))
    assert {"Income EUR", "Income CHF", "Income USD"} <= set(workbook_of(files["excel"]).sheetnames)


def test_without_any_data_a_report_says_so(bookkeeping: Bookkeeping) -> None:
    bookkeeping.firm()
    for language, said in (("en", "There is nothing to report"), ("de", "gibt es nichts zu berichten")):
        for name, payload in REPORTS.items():
            files = [
                bookkeeping.file(bookkeeping.make(name, language=language, format=form, **payload))
                for form in ("pdf", "csv", "excel")
            ]
            assert said in "".join(pdf_pages(files[0])).replace("\n", " ")
            assert len(pdf_pages(files[0])) == 1
            assert said in files[1].decode()
            assert workbook_of(files[2]).sheetnames == [{"en": "Summary", "de": "Überblick"}[language]]


def test_what_is_left_open_is_taken_from_the_day_on_which_the_job_runs(bookkeeping: Bookkeeping) -> None:
    bookkeeping.firm()
    overview = bookkeeping.make("report:client_overview", client_id=CLIENT)
    monthly = bookkeeping.make("report:monthly", client_id=CLIENT)
    days = bookkeeping.rows(
        "SELECT r.period_start, r.period_end, (e.started_at AT TIME ZONE 'Europe/Berlin')::date AS today"
        " FROM practice_reports r"
        " JOIN job_executions e USING (job_id) ORDER BY r.job_id"
    )

    assert [overview.status, monthly.status] == ["completed", "completed"]
    assert days[0]["period_end"] == days[0]["today"]
    assert days[1]["period_end"] == days[1]["today"].replace(day=1) - date.resolution
    assert days[1]["period_start"] == days[1]["period_end"].replace(day=1)


def test_a_report_is_recorded_told_of_and_mailed_in_one_transaction(bookkeeping: Bookkeeping) -> None:
    bookkeeping.firm()
    to = ["a@example.com", "b@example.com"]
    ran = bookkeeping.make("report:financial", format="excel", language="de", deliver_to=to, **FINANCIAL)
    row, told = (
        bookkeeping.rows("SELECT * FROM practice_reports")[0],
        bookkeeping.rows("SELECT * FROM practice_activities")[0],
    )
    mails = bookkeeping.kit.enqueued("email:send")

    assert row["id"] == ran.result["report_id"]
    assert row["file_name"] == "Finanzbericht Werkstatt Brandt e. K. 01.01.2024 bis 31.12.2024.xlsx"
    assert (row["format"], row["client_id"], row["job_id"]) == ("excel", CLIENT, ran.job_id)
    assert hashlib.sha256(bookkeeping.file(ran)).hexdigest() == row["sha256"]
    assert (told["kind"], told["subject_id"], told["client_id"]) == ("report.made", row["id"], CLIENT)
    assert [mail.payload["to"] for mail in mails] == to
    assert {tuple(mail.payload["attachments"]) for mail in mails} == {(row["id"],)}
    assert mails[0].payload["template_data"]["client_name"] == "Werkstatt Brandt e. K."

    sent = bookkeeping.kit.run_due(queue="emails")
    assert [each.status for each in sent] == ["completed", "completed"]
    written = [
        message_from_bytes(path.read_bytes(), policy=default) for path in bookkeeping.storage.parent.rglob("*.eml")
    ]
    assert sorted(str(each["to"]) for each in written) == to
    for each in written:
        (attached,) = each.iter_attachments()
        assert attached.get_filename() == row["file_name"]
        assert attached.get_content() == bookkeeping.file(ran)


@pytest.mark.parametrize("point", ["before_function", "before_commit", "after_commit", "after_function"])
def test_wherever_it_dies_once_there_is_one_report_one_entry_and_one_mail(
    bookkeeping: Bookkeeping, point: CrashPoint
) -> None:
    bookkeeping.firm()
    bookkeeping.money(date(2024, 3, 1), "100.00", "sales")
    payload = {"organization_id": FIRM, "deliver_to": ["a@example.com"], **FINANCIAL}
    get_queue_manager().sync.add_job("reports", "report:financial", payload)
    ran = bookkeeping.kit.run_due(queue="reports", crash_at=point)

    assert [each.status for each in ran].count("completed") == 1
    report = bookkeeping.rows("SELECT storage_key, sha256 FROM practice_reports")
    assert len(report) == 1
    assert (
        hashlib.sha256((bookkeeping.storage / report[0]["storage_key"]).read_bytes()).hexdigest() == report[0]["sha256"]
    )
    assert len(bookkeeping.rows("SELECT FROM practice_activities")) == 1
    bookkeeping.kit.assert_enqueued("email:send", count=1)
    assert len([path for path in bookkeeping.storage.rglob("*") if path.is_file()]) == 1


def test_a_job_whose_report_is_there_makes_and_mails_nothing(bookkeeping: Bookkeeping) -> None:
    bookkeeping.firm()
    first = bookkeeping.make("report:financial", **FINANCIAL)
    payload = {"organization_id": FIRM, "deliver_to": ["a@example.com"], **FINANCIAL}
    again = get_queue_manager().sync.add_job("reports", "report:financial", payload)
    bookkeeping.connection.execute("UPDATE practice_reports SET job_id = %s", [again])
    ran = bookkeeping.kit.run_next(queue="reports")

    assert ran is not None
    assert ran.result == {"skipped": True, **{key: value for key, value in first.result.items() if key != "rows"}}
    assert len(bookkeeping.rows("SELECT FROM practice_reports")) == 1
    assert len(bookkeeping.rows("SELECT FROM practice_activities")) == 1
    assert not (bookkeeping.storage / FIRM / f"report-{again}").exists()
    bookkeeping.kit.assert_enqueued("email:send", count=0)


def test_another_organizations_client_is_not_found_and_its_rows_are_not_seen(bookkeeping: Bookkeeping) -> None:
    bookkeeping.firm()
    bookkeeping.firm("firm-2", "client-2", "Andere Kanzlei")
    bookkeeping.money(date(2024, 11, 1), "100.00", "sales", organization="firm-2", client_id="client-2")
    for name, payload in REPORTS.items():
        with pytest.raises(JobError, match="has no client 'client-2'") as error:
            bookkeeping.make(name, **{**payload, "client_id": "client-2"})
        assert error.value.code is ErrorCode.NOT_FOUND
        assert error.value.permanent
    assert bookkeeping.rows("SELECT FROM practice_reports") == []
    assert list(bookkeeping.storage.rglob("report*")) == []

    sections = REPORTS["report:custom"]["sections"]
    everything = bookkeeping.make("report:custom", format="csv", title="All", sections=sections, **YEAR)
    assert everything.result["rows"] == 0


def test_a_store_that_is_down_is_tried_again_and_then_it_works(bookkeeping: Bookkeeping) -> None:
    bookkeeping.firm()
    (bookkeeping.storage).mkdir(parents=True, exist_ok=True)
    obstacle = bookkeeping.storage / FIRM
    obstacle.write_text("a file where the folder should be")
    with pytest.raises(JobError, match="can't be read or written"):
        bookkeeping.make("report:financial", deliver_to=["a@example.com"], **FINANCIAL)
    bookkeeping.kit.assert_enqueued("email:send", count=0)
    assert bookkeeping.rows("SELECT FROM practice_reports") == []

    obstacle.unlink()
    ran = bookkeeping.kit.drain(queue="reports")
    assert [(each.attempt, each.status) for each in ran] == [(2, "completed")]
    bookkeeping.kit.assert_enqueued("email:send", count=1)


def test_a_template_with_an_error_fails_for_good_and_quotes_nothing(
    bookkeeping: Bookkeeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    from advisorjobs.services.reports import pdf

    bookkeeping.firm()
    monkeypatch.setattr(pdf, "_template", lambda: b"#panic(sys.inputs.report)")
    with pytest.raises(JobError, match=r"templates/reports/report\.typ has an error") as error:
        bookkeeping.make("report:financial", **FINANCIAL)

    assert error.value.code is ErrorCode.INTERNAL
    assert error.value.permanent
    assert "Brandt" not in str(error.value)
    assert bookkeeping.kit.run_next(queue="reports") is None


@pytest.fixture
def one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limit of reports, for an app that is composed after this."""
    monkeypatch.setenv("ADVISORJOBS_REPORTS_TIMEOUT", "1")


@pytest.mark.usefixtures("one_second")
def test_a_store_that_hangs_ends_at_the_time_limit(bookkeeping: Bookkeeping) -> None:
    bookkeeping.firm()
    payload = {"organization_id": FIRM, "format": "csv", **FINANCIAL}
    job = get_queue_manager().sync.add_job("reports", "report:financial", payload)
    pipe = bookkeeping.storage / FIRM / f"report-{job}" / "report.csv"
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)  # whoever writes to it waits for a reader
    try:
        ran = bookkeeping.kit.run_next(queue="reports", raising=False)
    finally:
        reader = threading.Thread(target=pipe.read_bytes)
        reader.start()
    reader.join()

    assert ran is not None
    assert (ran.status, ran.error_code) == ("timed_out", "timeout")
    assert bookkeeping.rows("SELECT FROM practice_reports") == []


def test_twenty_thousand_transactions_are_made_by_a_worker_within_a_childs_memory(bookkeeping: Bookkeeping) -> None:
    bookkeeping.firm()
    bookkeeping.connection.execute(
        "INSERT INTO practice_transactions (organization_id, client_id, booked_on, amount, description, counterparty, category,"
        " category_source)"
        " SELECT %s, %s, date '2024-01-01' + n %% 366, (n * 37 %% 100000 - 50000) / 100.0, 'Payment no. ' || n,"
        " 'Party ' || n %% 50, (ARRAY['sales', 'rent', 'travel'])[n %% 3 + 1], 'import'"
        " FROM generate_series(1, 20000) AS n",
        [FIRM, CLIENT],
    )
    for form in ("csv", "excel", "pdf"):
        asked = {
            "client_id": CLIENT,
            "title": "All of it",
            "sections": ["transactions", "income"],
            "format": form,
            **YEAR,
        }
        get_queue_manager().sync.add_job("reports", "report:custom", {"organization_id": FIRM, **asked})
    work_off_reports(ADVISORJOBS_DATA_DIR=str(bookkeeping.storage.parent), ADVISORJOBS_CHILD_MEMORY="750M")
    keys = {
        row["format"]: row["storage_key"]
        for row in bookkeeping.rows("SELECT format, storage_key FROM practice_reports")
    }
    files = {form: (bookkeeping.storage / key).read_bytes() for form, key in keys.items()}
    sums = csv_sums(files["csv"])

    assert len([line for line in csv_lines(files["csv"]) if line["line"] == "row"]) == 20_001
    assert stored_sums(files["excel"]) == sums
    assert pdf_sums(files["pdf"], "en") == sums
    assert "4,000 of 20,000 rows are printed here" in "".join(pdf_pages(files["pdf"])[-2:]).replace("\n", " ")


@pytest.mark.parametrize(
    ("payload", "fields", "wrong"),
    [
        (reports.FinancialReportPayload, {"client_id": "c", "start": "2024-02-01", "end": "2024-01-01"}, "end"),
        (reports.FinancialReportPayload, {"client_id": "c", **YEAR, "format": "word"}, "format"),
        (reports.TaxSummaryPayload, {"client_id": "c", "tax_year": "2024"}, "tax_year"),
        (reports.ClientOverviewPayload, {"as_of": "2024-01-01"}, "client_id"),
        (reports.CustomReportPayload, {"title": "T", "sections": ["income", "income"], **YEAR}, "sections"),
        (reports.CustomReportPayload, {"title": "T\nBcc: x", "sections": ["income"], **YEAR}, "title"),
        (reports.MonthlyReportPayload, {"client_id": "c", "month": "2024-13"}, "month"),
        (reports.MonthlyReportPayload, {"client_id": "c", "deliver_to": ["no address"]}, "deliver_to"),
    ],
)
def test_a_wrong_payload_is_refused_with_its_field(payload: Any, fields: dict[str, Any], wrong: str) -> None:
    with pytest.raises(PayloadError, match=wrong):
        parse_payload("report", payload, {"organization_id": "o", **fields})


def work_off_reports(**settings: str) -> None:
    """Has a real worker, with its child processes, work off what waits."""
    command = [sys.executable, "-m", "procrastinate", "worker", "-q", "reports", "--one-shot"]
    env = {**os.environ, "PROCRASTINATE_APP": "advisorjobs.app", **settings}
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=300, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr


def amounts(lines: list[dict[str, str]], table: str, kind: str) -> list[Decimal]:
    return [Decimal(line["amount"]) for line in lines if (line["table"], line["line"]) == (table, kind)]


def facts(lines: list[dict[str, str]]) -> dict[str, str]:
    return {line["label"]: line["value"] for line in lines if line["line"] == "fact"}
