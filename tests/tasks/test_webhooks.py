"""The webhook jobs: what events change in the practice's tables, in which order, and that nothing happens twice."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from advisorjobs import queue_stripe_webhook
from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.testing import CrashPoint
from tests.fixtures.webhook_office import START, Office
from tests.fixtures.webhooks import ACCOUNT, Practice

INVOICE = {
    "id": "in_1", "object": "invoice", "number": "A-7", "status": "open", "currency": "eur", "created": START,
    "total": 12_000, "total_excluding_tax": 10_000, "amount_paid": 0, "customer": "cus_1", "customer_name": "Ada",
    "customer_email": "ada@example.com", "due_date": START + 86_400, "hosted_invoice_url": "https://invoice.stripe.com/i/1",
}  # fmt: skip
PAYMENT = {
    "id": "pi_1", "object": "payment_intent", "currency": "eur", "created": START, "amount_received": 12_000,
    "customer": "cus_1",
}  # fmt: skip
CHARGE = {
    "id": "ch_1", "object": "charge", "currency": "eur", "created": START, "amount": 12_000, "amount_refunded": 2_000,
    "payment_intent": "pi_1",
}  # fmt: skip
PAYOUT = {"id": "po_1", "object": "payout", "currency": "eur", "amount": 9_700, "arrival_date": START, "status": "paid"}


def test_an_invoice_of_stripes_comes_into_the_books_with_its_customer(office: Office) -> None:
    assert office.tell(office.event("invoice.finalized", INVOICE)) == {"outcome": "applied"}
    (invoice,), (customer,) = office.rows("invoices"), office.rows("customers")

    assert (invoice["net"], invoice["tax"], invoice["total"]) == (Decimal(100), Decimal(20), Decimal(120))
    assert (invoice["number"], invoice["status"], invoice["customer_id"]) == ("A-7", "open", customer["id"])
    assert str(invoice["issued_on"]) == "2023-11-14"  # 23:13 in Vienna
    assert str(invoice["due_on"]) == "2023-11-15"
    assert (customer["name"], customer["client_id"]) == ("Ada", office.practice.client)
    assert office.feed() == ["Invoice A-7 of Ada was issued: 120.00 EUR"]


def test_days_are_the_firms(office: Office) -> None:
    office.tell(office.event("invoice.finalized", {**INVOICE, "effective_at": START + 3_600}))

    assert str(office.rows("invoices")[0]["issued_on"]) == "2023-11-15"  # 23:13 in UTC


def test_a_payment_a_refund_and_a_payout_move_the_clients_account_at_stripe(office: Office) -> None:
    for number, (kind, about) in enumerate([
        ("invoice.paid", {**INVOICE, "status": "paid", "amount_paid": 12_000}),
        ("payment_intent.succeeded", PAYMENT),
        ("invoice_payment.paid", {"id": "inpay_1", "object": "invoice_payment", "invoice": "in_1",
                                  "payment": {"type": "payment_intent", "payment_intent": "pi_1"}}),
        ("charge.refunded", CHARGE),
        ("payout.paid", PAYOUT),
    ]):  # fmt: skip
        assert office.tell(office.event(kind, about, number)) == {"outcome": "applied"}

    (invoice,), payments, moved = office.rows("invoices"), office.rows("payments"), office.rows("transactions")
    assert (invoice["paid"], invoice["status"]) == (Decimal(120), "paid")
    assert [(each["external_id"], each["amount"], each["invoice_id"]) for each in payments] == [
        ("ch_1:refund", Decimal(-20), invoice["id"]),
        ("pi_1", Decimal(120), invoice["id"]),
    ]
    assert {each["external_id"]: each["amount"] for each in moved} == {
        "ch_1:refund": Decimal(-20),
        "pi_1": Decimal(120),
        "po_1": Decimal(-97),
    }
    assert {each["category"] for each in moved if each["external_id"] == "po_1"} == {"transfer"}
    assert [each["counterparty"] for each in moved if each["external_id"] == "pi_1"] == ["Ada"]
    assert office.rows("accounts")[0]["external_id"] == f"{ACCOUNT}:EUR"


def test_a_refund_that_failed_is_taken_back_and_a_payout_that_failed_goes(office: Office) -> None:
    failed = {"id": "re_1", "object": "refund", "currency": "eur", "amount": 500, "charge": "ch_1"}
    for number, (kind, about) in enumerate([
        ("payment_intent.succeeded", PAYMENT), ("charge.refunded", CHARGE), ("refund.failed", failed),
        ("payout.paid", PAYOUT), ("payout.failed", {**PAYOUT, "status": "failed"}),
    ]):  # fmt: skip
        office.tell(office.event(kind, about, number))

    assert {each["external_id"]: each["amount"] for each in office.rows("payments")} == {
        "ch_1:refund": Decimal(-15),
        "pi_1": Decimal(120),
    }
    assert {each["external_id"] for each in office.rows("transactions")} == {"ch_1:refund", "pi_1"}


STATES = [
    ("invoice.created", {"status": "draft", "number": None}, 0),
    ("invoice.finalized", {"status": "open"}, 0),
    ("invoice.payment_failed", {"status": "open", "amount_paid": 1_000}, 5),
    ("invoice.paid", {"status": "paid", "amount_paid": 12_000}, 5),
]


def test_whatever_the_order_the_last_state_of_an_invoice_holds(office: Office) -> None:
    for number, order in enumerate(itertools.permutations(range(4))):
        about = {**INVOICE, "id": f"in_{number:02}"}
        events = [office.event(kind, {**about, **state}, at) for kind, state, at in STATES]
        outcomes = [office.tell(events[place])["outcome"] for place in order]
        newest = [max(order[: place + 1]) == each for place, each in enumerate(order)]
        assert outcomes == ["applied" if is_newest else "superseded" for is_newest in newest]

    assert {(row["status"], row["paid"], row["number"]) for row in office.rows("invoices")} == {
        ("paid", Decimal(120), "A-7")
    }
    assert len(office.rows("invoices")) == 24


def test_two_changes_of_one_second_are_told_apart_by_what_they_replaced(office: Office) -> None:
    for turned in (False, True):
        customer = {"id": f"cus_{turned}", "object": "customer"}
        first, second = (
            office.event("customer.updated", {**customer, "name": after}, 1, previous_attributes={"name": before})
            for before, after in ("AB", "BC")
        )
        for event in (second, first) if turned else (first, second):
            office.tell(event)

    assert [row["name"] for row in office.rows("customers")] == ["C", "C"]


def test_a_customer_that_was_deleted_is_kept_and_no_longer_active(office: Office) -> None:
    customer = {"id": "cus_1", "object": "customer", "name": "Ada"}
    office.tell(office.event("customer.deleted", customer, 1))

    assert office.tell(office.event("customer.updated", customer, 0)) == {"outcome": "superseded"}
    assert [row["is_active"] for row in office.rows("customers")] == [False]


def test_amounts_are_of_the_currencys_smallest_unit(office: Office) -> None:
    for currency in ("eur", "jpy", "kwd"):
        office.tell(office.event("invoice.finalized", {**INVOICE, "id": f"in_{currency}", "currency": currency}))

    totals = {row["currency"]: row["total"] for row in office.rows("invoices")}
    assert totals == {"EUR": Decimal(120), "JPY": Decimal(12_000), "KWD": Decimal(12)}


def test_an_event_that_says_nothing_of_the_books_is_ignored(office: Office) -> None:
    for kind in ("plan.created", "invoice.upcoming", "charge.dispute.created", "made.up"):
        assert office.tell(office.event(kind, {"id": "x_1", "object": "x"})) == {"outcome": "ignored"}

    assert {event["outcome"] for event in office.practice.events()} == {"ignored"}


def test_in_production_events_of_the_test_mode_change_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISORJOBS_ENV", "production")

    assert office.tell(office.event("invoice.paid", INVOICE)) == {"outcome": "ignored"}
    assert office.tell({**office.event("invoice.paid", INVOICE), "livemode": True}) == {"outcome": "applied"}


def test_an_event_that_comes_twice_has_one_job_and_a_second_job_does_nothing(office: Office) -> None:
    event = office.event("invoice.paid", {**INVOICE, "status": "paid"})
    office.tell(event)
    queue_stripe_webhook.sync(event, office.practice.organization, account=ACCOUNT)
    assert office.kit.run_next(queue="webhooks") is None
    queue_stripe_webhook.sync(event, office.practice.organization, account=ACCOUNT, unique_key="other")

    assert office.run() == {"skipped": True, "outcome": "applied"}
    assert len(office.feed()) == 1


def test_books_are_the_same_wherever_a_job_dies(office: Office) -> None:
    points: tuple[CrashPoint, ...] = ("before_function", "before_commit", "after_commit", "after_function")
    for number, point in enumerate(points):
        event = office.event("charge.refunded", {**CHARGE, "id": f"ch_{number}"})
        queue_stripe_webhook.sync(event, office.practice.organization, account=ACCOUNT)
        office.kit.run_due(queue="webhooks", crash_at=point)

    refunds = [(row["external_id"], row["amount"]) for row in office.rows("payments")]
    assert refunds == [(f"ch_{number}:refund", Decimal(-20)) for number in range(4)]
    assert len(office.feed()) == 4


def test_events_of_one_object_wait_for_each_other_no_longer_than_the_time_limit(
    short_limit: None, office: Office, database: str
) -> None:
    event = office.event("invoice.paid", INVOICE)
    place = {"provider": "stripe", "account": ACCOUNT, "object_id": INVOICE["id"]}
    queue_stripe_webhook.sync(event, office.practice.organization, account=ACCOUNT)
    with psycopg.connect(database) as other:  # the job of another event of this invoice, which hangs
        other.execute("SELECT set_config('advisorjobs.organization', %s, true)", [office.practice.organization])
        other.execute(statement("lock_webhook_object"), place)
        ran = office.kit.run_next(queue="webhooks", raising=False)
        assert ran is not None
        assert (ran.status, office.rows("invoices")) == ("timed_out", [])
    assert office.kit.drain(queue="webhooks")[-1].result == {"outcome": "applied"}


def test_nobody_finds_the_account_of_another_firm(office: Office, connection: psycopg.Connection[Any]) -> None:
    Practice(office.practice.app, connection, "org-2")

    with pytest.raises(JobError, match="no stripe connection") as error:
        office.tell(office.event("invoice.paid", INVOICE), "org-2")
    assert (error.value.code, error.value.permanent) == (ErrorCode.NOT_FOUND, True)
    assert office.practice.events() == office.rows("invoices") == []


def test_what_isnt_of_its_kind_fails_for_good_and_says_which_field(office: Office) -> None:
    with pytest.raises(JobError, match="isn't of its kind: total\n") as error:
        office.tell(office.event("invoice.paid", {**INVOICE, "total": "12.50"}))
    assert (error.value.code, error.value.permanent) == (ErrorCode.VALIDATION, True)


def test_a_connection_without_client_says_what_to_do(office: Office) -> None:
    office.practice.connection.execute("UPDATE practice_connections SET client_id = NULL")

    with pytest.raises(JobError, match="names no client: say whose books"):
        office.tell(office.event("invoice.paid", INVOICE))


def test_what_names_an_invoice_that_hasnt_come_yet_is_tried_again(office: Office) -> None:
    link = {"id": "inpay_1", "object": "invoice_payment", "invoice": "in_1", "payment": {"payment_intent": "pi_1"}}

    with pytest.raises(JobError, match="events are awaited") as error:
        office.tell(office.event("invoice_payment.paid", link, 1))
    assert not error.value.permanent
    office.tell(office.event("invoice.paid", INVOICE))
    office.tell(office.event("payment_intent.succeeded", PAYMENT))
    office.kit.drain(queue="webhooks")
    assert office.rows("payments")[0]["invoice_id"] == office.rows("invoices")[0]["id"]
