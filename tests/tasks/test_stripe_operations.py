"""integration:stripe by the official package against a server that replays as Stripe does: once, whatever happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services import breaker
from advisorjobs.services.stripe import api
from advisorjobs.services.stripe.amounts import minor_units
from advisorjobs.settings import QueueOverride
from tests.fixtures.stripe_server import refusal
from tests.fixtures.till import ACCOUNT, StripeTill

# stripe's own HTTP client hands httpx its form in a way that httpx frowns upon
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

LINES = [
    {"description": "Bookkeeping March", "unit_amount": "120.55", "quantity": 3},
    {"description": "Discount", "unit_amount": "-20.00"},
]
CUSTOMER = {"client_id": "c-1", "name": "Ada Lantern", "email": "ada@lantern.example"}


def a_customer(till: StripeTill) -> str:
    return str(till.run("create_customer", **CUSTOMER)["customer_id"])


def an_invoice(till: StripeTill, **fields: Any) -> str:
    customer = a_customer(till)
    parameters = {"customer_id": customer, "currency": "EUR", "lines": LINES, **fields}
    return str(till.run("create_invoice", **parameters)["invoice_id"])


def a_charge(till: StripeTill) -> dict[str, Any]:
    return till.server.add(
        ACCOUNT,
        id="ch_1",
        object="charge",
        amount=10_000,
        amount_refunded=0,
        currency="eur",
        created=1_770_000_000,
        payment_intent="pi_1",
    )


def test_a_customer_is_created_and_kept(stripe_till: StripeTill) -> None:
    customer = a_customer(stripe_till)
    row = stripe_till.rows("SELECT * FROM practice_customers")[0]

    assert (row["external_id"], row["name"], row["email"], row["client_id"]) == (
        customer, "Ada Lantern", "ada@lantern.example", "c-1",
    )  # fmt: skip
    assert stripe_till.server.objects.keys() == {ACCOUNT}
    assert stripe_till.rows("SELECT text FROM practice_activities") == [{"text": "A customer was created at Stripe"}]


def test_an_invoice_is_drafted_finalized_and_voided(stripe_till: StripeTill) -> None:
    invoice = an_invoice(stripe_till)
    (row,) = stripe_till.rows("SELECT * FROM practice_invoices")
    assert (row["external_id"], row["total"], row["status"], row["currency"]) == (
        invoice, Decimal("341.65"), "draft", "EUR",
    )  # fmt: skip
    assert row["customer_id"] is not None
    described = [line["description"] for line in stripe_till.server.objects[ACCOUNT][invoice]["lines"]]
    assert described == ["Bookkeeping March (3 × 120.55)", "Discount"]

    assert stripe_till.run("finalize_invoice", invoice_id=invoice)["status"] == "open"
    (row,) = stripe_till.rows("SELECT * FROM practice_invoices")
    assert (row["number"], row["status"], row["payment_url"]) == ("ABC-0001", "open", "https://pay.example/1")
    assert stripe_till.run("void_invoice", invoice_id=invoice)["status"] == "void"
    assert [row["status"] for row in stripe_till.rows("SELECT status FROM practice_invoices")] == ["void"]


def test_payments_are_refunded_in_part_and_whole(stripe_till: StripeTill) -> None:
    charge = a_charge(stripe_till)
    stripe_till.run("refund_payment", payment_intent_id="pi_1", amount="25.50", currency="EUR", reason="duplicate")
    assert [row["amount"] for row in stripe_till.rows("SELECT amount FROM practice_payments")] == [Decimal("-25.50")]
    stripe_till.run("refund_payment", payment_intent_id="pi_1", currency="EUR")

    assert charge["amount_refunded"] == 10_000
    assert [row["amount"] for row in stripe_till.rows("SELECT amount FROM practice_payments")] == [Decimal("-100.00")]


@pytest.mark.parametrize("point", ["before_function", "before_commit", "after_commit", "after_function"])
@pytest.mark.parametrize("operation", ["create_customer", "create_invoice", "refund_payment"])
def test_an_operation_is_done_once_wherever_its_job_dies(stripe_till: StripeTill, operation: str, point: Any) -> None:
    a_charge(stripe_till)
    customer = a_customer(stripe_till)
    parameters: dict[str, Any] = {
        "create_customer": CUSTOMER,
        "create_invoice": {"customer_id": customer, "currency": "EUR", "lines": LINES},
        "refund_payment": {"payment_intent_id": "pi_1", "amount": "10.00", "currency": "EUR"},
    }[operation]
    stripe_till.server.made.clear()
    stripe_till.queue(operation, **parameters)
    stripe_till.kit.run_due(queue="integrations", crash_at=point)

    assert len(stripe_till.server.made) == (2 if operation == "create_invoice" else 1)
    assert len(stripe_till.rows("SELECT 1 FROM practice_activities")) == 2
    assert stripe_till.server.objects[ACCOUNT]["ch_1"]["amount_refunded"] in (0, 1000)


@pytest.mark.parametrize("lost", ["invoices", "add_lines"])
def test_an_answer_that_is_lost_does_not_make_it_twice(stripe_till: StripeTill, lost: str) -> None:
    customer = a_customer(stripe_till)
    stripe_till.server.made.clear()
    losses = [lost]

    def hang_up(method: str, path: str) -> Any:
        return (-1, {}, None) if path.endswith(lost) and losses and losses.pop() else None

    stripe_till.server.after = hang_up
    stripe_till.queue("create_invoice", customer_id=customer, currency="EUR", lines=LINES)
    ran = stripe_till.kit.drain(queue="integrations", raising=False)

    assert [(each.status, each.error_code) for each in ran] == [("retrying", "network"), ("completed", None)]
    assert len(stripe_till.server.made) == 2
    (invoice,) = [each for each in stripe_till.server.objects[ACCOUNT].values() if each["object"] == "invoice"]
    assert len(invoice["lines"]) == 2


def test_each_call_has_a_key_of_its_own_and_each_job_others(stripe_till: StripeTill) -> None:
    an_invoice(stripe_till)
    an_invoice(stripe_till)

    assert len(stripe_till.server.keys) == len(set(stripe_till.server.keys)) == 6


def test_a_repeated_run_writes_what_is_true_now_and_not_what_was_answered_first(stripe_till: StripeTill) -> None:
    customer = a_customer(stripe_till)
    stripe_till.queue("create_invoice", customer_id=customer, currency="EUR", lines=LINES)
    assert stripe_till.next(crash_at="before_commit").status == "crashed"
    (invoice,) = [each for each in stripe_till.server.objects[ACCOUNT].values() if each["object"] == "invoice"]
    invoice.update(status="paid", amount_paid=invoice["total"], number="ABC-0009")
    stripe_till.kit.drain(queue="integrations")
    (row,) = stripe_till.rows("SELECT * FROM practice_invoices")

    assert (row["status"], row["paid"], row["number"]) == ("paid", Decimal("341.65"), "ABC-0009")


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.50", "EUR", 1250),
        ("0.01", "USD", 1),
        ("1250", "JPY", 1250),
        ("1250", "HUF", 125_000),
        ("1.25", "KWD", 1250),
    ],
)
def test_amounts_are_said_in_the_smallest_unit(amount: str, currency: str, minor: int) -> None:
    assert minor_units(Decimal(amount), currency) == minor


@pytest.mark.parametrize(("amount", "currency"), [("12.50", "JPY"), ("12.50", "ISK"), ("0.01", "UGX")])
def test_a_fraction_that_a_currency_does_not_have_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(JobError, match="no such fraction"):
        minor_units(Decimal(amount), currency)


def test_an_invoice_of_amounts_that_do_not_exist_leaves_no_draft(stripe_till: StripeTill) -> None:
    customer = a_customer(stripe_till)
    stripe_till.server.made.clear()
    with pytest.raises(JobError, match="no such fraction"):
        stripe_till.run("create_invoice", customer_id=customer, currency="JPY", lines=LINES)
    assert stripe_till.server.made == []


@pytest.mark.parametrize(
    ("answer", "code", "permanent"),
    [
        ((402, {}, refusal("card_error", "card_declined")), ErrorCode.VALIDATION, True),
        ((400, {}, refusal("invalid_request_error", "parameter_unknown")), ErrorCode.VALIDATION, True),
        ((400, {}, refusal("idempotency_error")), ErrorCode.VALIDATION, True),
        ((404, {}, refusal("invalid_request_error", "resource_missing")), ErrorCode.NOT_FOUND, True),
        ((401, {}, refusal("invalid_request_error")), ErrorCode.AUTHENTICATION, True),
        ((403, {}, refusal("invalid_request_error")), ErrorCode.AUTHENTICATION, True),
        ((409, {}, refusal("idempotency_error", "idempotency_key_in_use")), ErrorCode.EXTERNAL_SERVICE, False),
        ((500, {}, refusal("api_error")), ErrorCode.EXTERNAL_SERVICE, False),
        ((503, {}, "no JSON of Stripe's"), ErrorCode.EXTERNAL_SERVICE, False),
        ((-1, {}, None), ErrorCode.NETWORK, False),
    ],
)
def test_each_answer_has_its_error_and_quotes_nobody(
    stripe_till: StripeTill, answer: Any, code: ErrorCode, permanent: bool
) -> None:
    stripe_till.server.before = lambda method, path: answer
    stripe_till.queue("create_customer", **CUSTOMER)
    with pytest.raises(JobError) as error:
        stripe_till.next()

    assert (error.value.code, error.value.permanent) == (code, permanent)
    kept = stripe_till.rows("SELECT status, error_message, stack_trace FROM job_executions")[0]
    assert kept["status"] == ("failed" if permanent else "retrying")
    assert "customer's name" not in f"{kept}"
    assert "Ada" not in f"{kept}"


def test_too_many_requests_close_the_accounts_key_and_cost_no_attempt(stripe_till: StripeTill) -> None:
    answers = [(429, {"Retry-After": "30"}, refusal("rate_limit_error", "rate_limit"))]
    stripe_till.server.before = lambda method, path: answers.pop() if answers else None
    stripe_till.queue("create_customer", **CUSTOMER)
    ran = stripe_till.next(raising=False)

    assert (ran.status, ran.error_code) == ("snoozed", ErrorCode.RATE_LIMITED)
    closed = stripe_till.rows("SELECT key FROM advisorjobs_keys WHERE closed_until > now()")
    assert closed == [{"key": f"stripe:{ACCOUNT}"}]
    assert stripe_till.kit.drain(queue="integrations")[-1].attempt == 1


def test_a_service_that_is_down_opens_the_breaker(stripe_till: StripeTill) -> None:
    stripe_till.server.before = lambda method, path: (503, {}, refusal("api_error"))
    for _ in range(breaker.THRESHOLD + 2):
        stripe_till.queue("create_customer", **CUSTOMER)
    ran = [stripe_till.next(raising=False) for _ in range(breaker.THRESHOLD + 2)]

    assert [each.status for each in ran] == ["retrying"] * breaker.THRESHOLD + ["snoozed"] * 2
    stripe_till.server.before = lambda method, path: None
    stripe_till.connection.execute("UPDATE advisorjobs_breakers SET retry_at = now()")
    ended = stripe_till.kit.drain(queue="integrations")
    assert [each.status for each in ended].count("completed") == breaker.THRESHOLD + 2
    assert len(stripe_till.server.made) == breaker.THRESHOLD + 2


def test_a_server_that_says_nothing_is_left_before_the_time_limit(
    stripe_till: StripeTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "TIMEOUT", 0.3)
    stripe_till.server.before = lambda method, path: (0, {}, None)
    stripe_till.queue("create_customer", **CUSTOMER)
    ran = stripe_till.next(raising=False)

    assert ran.status == "retrying"
    assert ran.error_code in (ErrorCode.TIMEOUT, ErrorCode.NETWORK)


def test_the_time_limit_of_the_job_ends_what_hangs(stripe_till: StripeTill, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"integrations": QueueOverride(timeout=timedelta(seconds=0.5))}
    monkeypatch.setattr(stripe_till.app, "settings", replace(stripe_till.app.settings, overrides=limits))
    stripe_till.server.before = lambda method, path: (0, {}, None)
    stripe_till.queue("create_customer", **CUSTOMER)

    assert stripe_till.next(raising=False).status == "timed_out"
    assert api.TIMEOUT < 120


def test_another_organizations_account_is_not_found(stripe_till: StripeTill) -> None:
    with pytest.raises(JobError, match="not connected with stripe acct_1") as error:
        stripe_till.run("create_customer", "org-2", **CUSTOMER)
    assert error.value.code is ErrorCode.NOT_FOUND
    assert stripe_till.server.made == []


def test_another_organizations_client_is_not_found(stripe_till: StripeTill) -> None:
    stripe_till.connection.execute(
        "INSERT INTO practice_clients (organization_id, id, name) VALUES ('org-2', 'c-2', 'Other')"
    )
    with pytest.raises(JobError, match="no such client"):
        stripe_till.run("create_customer", **{**CUSTOMER, "client_id": "c-2"})
    assert stripe_till.server.made == []


def test_objects_of_another_account_are_out_of_reach(stripe_till: StripeTill) -> None:
    stripe_till.server.add("acct_2", id="in_9", object="invoice", status="draft")
    with pytest.raises(JobError, match="no such object"):
        stripe_till.run("finalize_invoice", invoice_id="in_9")
    assert stripe_till.server.objects["acct_2"]["in_9"]["status"] == "draft"


def test_the_keys_own_account_is_used_without_a_header(
    stripe_till: StripeTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_ACCOUNT", ACCOUNT)
    stripe_till.run("create_customer", account=None, **CUSTOMER)

    assert stripe_till.server.objects.keys() == {"platform"}


def test_without_a_key_the_job_says_what_to_set(stripe_till: StripeTill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STRIPE_API_KEY")
    with pytest.raises(JobError, match="set STRIPE_API_KEY"):
        stripe_till.run("create_customer", **CUSTOMER)
