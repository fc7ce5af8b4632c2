"""integration:quickbooks_sync against a server that speaks QuickBooks' protocol: what comes in, and what it survives."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services import breaker
from advisorjobs.services.quickbooks import answers, client
from advisorjobs.settings import QueueOverride
from tests.fixtures.books import TABLES, Books
from tests.fixtures.quickbooks_server import HANG


def test_a_company_comes_in(books: Books) -> None:
    books.fill()
    result = books.sync()
    customers, accounts, invoices, payments = books.taken()

    assert result == {
        "realm_id": books.server.realm,
        "mode": "full",
        "counts": {"customers": 2, "accounts": 2, "invoices": 3, "payments": 1},
        "engine": "quickbooks",
    }
    assert [(row["name"], row["email"], row["is_active"]) for row in customers] == [
        ("Paper Lantern Ltd", "ada@lantern.example", True),
        ("Former Customer", None, False),
    ]
    assert [(row["kind"], row["balance"], row["currency"]) for row in accounts] == [
        ("bank", Decimal("1201.50"), "USD"),
        ("card", Decimal("-157.72"), "USD"),
    ]
    assert [(row["number"], row["net"], row["tax"], row["total"], row["paid"], row["status"]) for row in invoices] == [
        ("INV-101", Decimal("335.25"), Decimal("26.82"), Decimal("362.07"), Decimal("362.07"), "paid"),
        ("INV-102", Decimal("100.10"), Decimal("0.00"), Decimal("100.10"), Decimal("60.00"), "open"),
        ("INV-103", Decimal("75.00"), Decimal("6.00"), Decimal("81.00"), Decimal("0.00"), "open"),
    ]
    ids = {row["external_id"]: row["id"] for row in books.rows("SELECT id, external_id FROM practice_invoices")}
    assert [(row["amount"], row["invoice_id"]) for row in payments] == [
        (Decimal("362.07"), ids[f"{books.server.realm}:101"]),
        (Decimal("60.00"), ids[f"{books.server.realm}:102"]),
    ]
    assert all(row["customer_id"] for row in invoices)
    assert books.company()["synced_at"] is not None
    assert books.company()["cursor"] is None
    assert [row["text"] for row in books.rows("SELECT text FROM practice_activities")] == [
        "QuickBooks: 2 customers, 2 accounts, 3 invoices, 1 payments came in"
    ]


def test_a_second_sync_asks_for_changes_only_and_changes_nothing(books: Books) -> None:
    books.fill()
    books.sync()
    before = books.taken()
    books.server.asked.clear()
    result = books.sync()

    assert result["mode"] == "changes"
    assert books.pages() == ["cdc Customer", "cdc Account", "cdc Invoice", "cdc Payment"]
    assert books.taken() == before


def test_changes_deletions_and_voids_arrive(books: Books) -> None:
    books.fill()
    books.sync()
    books.server.put("Customer", 1, DisplayName="Paper Lantern & Sons")
    books.server.delete("Invoice", 103)
    books.server.put("Invoice", 102, TotalAmt=0, Balance=0, PrivateNote="Voided - duplicate")
    books.payment(201, 300, {"101": 300})
    books.server.delete("Customer", 2)
    books.sync()
    customers, _, invoices, payments = books.taken()

    assert [(row["name"], row["is_active"]) for row in customers] == [
        ("Paper Lantern & Sons", True),
        ("Former Customer", False),
    ]
    assert [(row["number"], row["total"], row["status"]) for row in invoices] == [
        ("INV-101", Decimal("362.07"), "paid"),
        ("INV-102", Decimal("0.00"), "void"),
        ("INV-103", Decimal("81.00"), "void"),
    ]
    assert [row["amount"] for row in payments] == [Decimal(300)]
    books.server.delete("Payment", 201)
    books.sync()
    assert books.taken()[3] == []


def test_an_older_state_never_overwrites_a_newer_one(books: Books) -> None:
    books.fill()
    old = {entity: dict(objects) for entity, objects in books.server.objects.items()}
    for name in ("new", "newer"):
        books.server.put("Customer", 1, DisplayName=name)
    books.server.put("Account", 35, CurrentBalance=5)
    books.server.put("Invoice", 101, DocNumber="newer")
    books.payment(201, 1, {"101": 1})
    books.sync()
    before = books.taken()
    books.server.objects = old
    books.sync(full=True)

    assert books.taken() == before


def test_a_large_company_comes_in_page_by_page(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 2_502):
        books.server.put("Customer", number, DisplayName=f"Customer {number}", Active=True)
    result = books.sync(kinds=["customers"])
    starts = [query.split("startposition ")[1].split()[0] for query in books.pages()]

    assert starts == ["1", "1001", "2001"]
    assert result["counts"] == {"customers": 2501}
    assert books.rows("SELECT count(*) FROM practice_customers")[0]["count"] == 2501
    assert books.company()["synced_at"] is None  # of the other kinds nothing is known


def test_more_changes_than_an_answer_holds_are_read_as_pages(books: Books) -> None:
    books.fill()
    books.sync()
    for number in range(1, 1_102):
        books.server.put("Customer", number, DisplayName=f"Customer {number}", Active=True)
    books.server.asked.clear()
    books.sync()

    assert books.pages()[0] == "cdc Customer"
    assert [page.split(" orderby")[0] for page in books.pages()[1:3]] == [
        "select * from Customer where Active in (true, false)"
    ] * 2
    assert books.rows("SELECT count(*) FROM practice_customers")[0]["count"] == 1101


def test_a_run_that_is_too_long_ago_reads_everything_and_finds_what_was_deleted(books: Books) -> None:
    books.fill()
    books.sync()
    books.connection.execute("UPDATE practice_connections SET synced_at = now() - interval '40 days'")
    books.connection.execute(
        "UPDATE practice_customers SET external_changed_at = '2020-01-01';"
        "UPDATE practice_invoices SET external_changed_at = '2020-01-01'"
    )
    books.server.forget("Customer", 1)
    books.server.forget("Invoice", 103)
    books.server.forget("Payment", 201)
    result = books.sync()
    customers, _, invoices, payments = books.taken()

    assert result["mode"] == "full"
    assert [row["is_active"] for row in customers] == [False, False]
    assert [row["status"] for row in invoices] == ["paid", "open", "void"]
    assert payments == []


def test_what_slips_between_two_pages_is_not_taken_for_deleted(books: Books) -> None:
    """Something is deleted after the first page: the first object of the second page moves to where nobody looks."""
    for number in range(1, 1_502):
        books.server.put("Customer", number, DisplayName=f"Customer {number}", Active=True)
    books.sync(kinds=["customers"])

    def between(path: str, query: dict[str, str]) -> None:
        if "startposition 1001 " in query.get("query", ""):
            books.server.forget("Customer", 7)

    books.server.before_answer = between
    books.sync(kinds=["customers"], full=True)

    assert "Id in ('1001')" in books.pages()[-1]
    assert books.rows("SELECT external_id FROM practice_customers WHERE NOT is_active") == []


def test_too_many_requests_close_the_companys_key_and_cost_no_attempt(books: Books) -> None:
    books.fill()
    books.server.next_answers = [(429, {"Retry-After": "40"}, {})]
    books.queue()
    ran = books.run(raising=False)

    assert (ran.status, ran.error_code) == ("snoozed", ErrorCode.RATE_LIMITED)
    closed = books.rows("SELECT * FROM advisorjobs_keys WHERE closed_until > now()")
    assert [row["key"] for row in closed] == [f"quickbooks:{books.server.realm}"]
    assert books.kit.drain(queue="integrations")[-1].attempt == 1


def test_without_a_realm_too_many_requests_make_the_job_wait_alone(books: Books) -> None:
    books.server.next_answers = [(429, {"Retry-After": "40"}, {})]
    books.queue(realm_id=None)

    assert books.run().status == "snoozed"
    assert books.rows("SELECT 1 FROM advisorjobs_queues WHERE closed_until > now()") == []


def test_a_service_that_is_down_opens_the_breaker(books: Books) -> None:
    books.server.before_answer = lambda path, query: (503, {"Retry-After": "3600"}, b"<html>")
    for _ in range(2):
        books.queue()
    ran = books.kit.drain(queue="integrations", raising=False, until=timedelta(seconds=30))

    failures = [each for each in ran if each.status == "retrying"]
    assert len(failures) == breaker.THRESHOLD
    assert {each.error_code for each in failures} == {"external_service"}
    assert ran[-1].status == "snoozed"
    books.server.before_answer = lambda path, query: None
    books.connection.execute("UPDATE advisorjobs_breakers SET retry_at = now() - interval '1 second'")
    ended = books.kit.drain(queue="integrations")
    assert [each.status for each in ended].count("completed") == 2


def test_a_server_that_says_nothing_is_left_before_the_time_limit(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TIMEOUT", 0.3)
    books.server.before_answer = lambda path, query: HANG
    books.queue()
    ran = books.run(raising=False)

    assert (ran.status, ran.error_code) == ("retrying", ErrorCode.TIMEOUT)


def test_the_time_limit_of_the_job_ends_what_hangs(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"integrations": QueueOverride(timeout=timedelta(seconds=0.5))}
    monkeypatch.setattr(books.app, "settings", replace(books.app.settings, overrides=limits))
    books.server.before_answer = lambda path, query: HANG
    books.queue()
    ran = books.run(raising=False)

    assert (ran.status, ran.error_code) == ("timed_out", ErrorCode.TIMEOUT)
    assert client.TIMEOUT < 120
    assert answers.OVERALL < 120


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((400, {}, {"Fault": {"Error": [{"code": "4000", "Message": "a client's name"}]}}), ErrorCode.VALIDATION),
        ((403, {}, {"Fault": {"Error": [{"code": "3100"}]}}), ErrorCode.AUTHENTICATION),
        ((404, {}, b"a client's name"), ErrorCode.NOT_FOUND),
        ((200, {}, {"Fault": {"Error": [{"code": "610"}]}}), ErrorCode.VALIDATION),
    ],
)
def test_a_refusal_ends_the_job_at_once_and_quotes_nothing(books: Books, answer: Any, code: ErrorCode) -> None:
    books.server.next_answers = [answer]
    books.queue()
    with pytest.raises(JobError) as error:
        books.run()

    assert error.value.code is code
    assert error.value.permanent
    assert "client's name" not in str(error.value)


def test_another_organizations_company_is_not_found(books: Books) -> None:
    books.fill()
    with pytest.raises(JobError, match="not connected with quickbooks") as error:
        books.sync("org-2")

    assert error.value.code is ErrorCode.NOT_FOUND
    assert books.server.asked == []
    assert books.server.refreshes == 0


def test_two_firms_with_the_same_ids_keep_apart(books: Books) -> None:
    books.fill()
    books.connect("org-2", realm="77", token="refresh-0")
    books.sync()
    books.server.realm, books.server.refresh = "77", ["refresh-0"]
    books.sync("org-2", realm_id="77")

    for table in TABLES:
        found = books.rows(f"SELECT organization_id, count(*) FROM practice_{table} GROUP BY 1 ORDER BY 1")
        assert len({row["count"] for row in found}) == 1
        assert [row["organization_id"] for row in found] == ["org-1", "org-2"]


def test_without_a_realm_the_only_connection_is_meant(books: Books) -> None:
    books.fill()
    assert books.sync(realm_id=None)["realm_id"] == books.server.realm
    books.connect(realm="99")
    with pytest.raises(JobError, match="has 2 connections with quickbooks: name the account"):
        books.sync(realm_id=None)


def test_a_company_without_a_client_is_refused(books: Books) -> None:
    books.connection.execute("UPDATE practice_connections SET client_id = NULL")
    with pytest.raises(JobError, match="belongs to no client yet"):
        books.sync()


def test_without_our_app_at_intuit_the_job_says_what_to_set(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUICKBOOKS_CLIENT_ID")
    monkeypatch.delenv("QUICKBOOKS_CLIENT_SECRET")
    with pytest.raises(JobError, match="set QUICKBOOKS_CLIENT_ID"):
        books.sync()


def test_changes_since_a_moment_are_asked_for_and_the_next_run_goes_on_from_before(books: Books) -> None:
    books.fill()
    books.sync()
    synced_at = books.company()["synced_at"]
    moment = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    result = books.sync(since=moment)

    assert result["mode"] == "changes"
    assert books.company()["synced_at"] == synced_at
