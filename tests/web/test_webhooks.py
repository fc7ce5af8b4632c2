"""The receiver on a real server: what is signed is stored with its job, once, and nothing else is."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from advisorjobs.application import App
from advisorjobs.services.webhooks import signatures
from advisorjobs.services.webhooks.secrets import new_standard_secret
from advisorjobs.settings import Settings
from advisorjobs.tracing.enqueuing import EnqueuingTracer
from advisorjobs.tracing.traceparent import traceparent_of
from advisorjobs.web import web_app
from advisorjobs.web.body import LARGEST
from tests.fixtures.webhooks import (
    ACCOUNT,
    INTUIT_TOKEN,
    REALM,
    STRIPE_SECRET,
    Desk,
    Practice,
    Sender,
    serving,
    stripe_body,
)

OBJECTS = Path(__file__).parents[3] / "shared" / "data" / "webhooks" / "stripe-fixtures3.json"
REFUSED = {"error": "unauthorized"}
OLD_FORM = {
    "eventNotifications": [
        {
            "realmId": REALM,
            "dataChangeEvent": {
                "entities": [
                    {"name": "Invoice", "id": "95", "operation": "Create", "lastUpdated": "2026-03-01T12:00:00.000Z"},
                    {"name": "Customer", "id": "7", "operation": "Merge", "lastUpdated": "2026-03-01T13:00:00-0700",
                     "deletedId": "8"},
                ]
            },
        },
        {
            "realmId": "999",
            "dataChangeEvent": {
                "entities": [{"name": "Invoice", "id": "1", "operation": "Update", "lastUpdated": "2026-03-01T12:00:00Z"}]
            },
        },
    ]
}  # fmt: skip


def cloud_event(event_id: str = "88cd52aa", kind: str = "qbo.billpayment.updated.v1", **more: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": event_id, "source": "intuit.dsnBgbse", "type": kind, "datacontenttype": "application/json",
        "time": "2025-09-10T21:31:25.179851517Z", "intuitentityid": "1234", "intuitaccountid": REALM, "data": {}, **more,
    }  # fmt: skip


def test_an_event_of_stripes_is_stored_with_its_job(web: Desk) -> None:
    answer = web.sender.stripe(stripe_body())

    assert (answer.status_code, answer.json()) == (200, {"status": "received"})
    (event,), (job,) = web.practice.events(), web.practice.jobs()
    assert (event["event_id"], event["object_id"], event["account"]) == ("evt_1", "cus_1", ACCOUNT)
    assert job["task_name"] == "webhook:stripe"
    assert (job["args"]["event_id"], job["args"]["account"], job["organization_id"]) == ("evt_1", ACCOUNT, "org-1")
    assert "event" not in job["args"]  # it is stored once


@pytest.mark.skipif(not OBJECTS.exists(), reason=f"needs {OBJECTS}: an object of every kind, from stripe/openapi")
def test_an_event_about_every_object_that_stripe_has_is_taken(web: Desk) -> None:
    objects = json.loads(OBJECTS.read_text("utf-8"))["resources"]
    for number, about in enumerate(objects.values()):
        event = {
            "id": f"evt_{number}",
            "object": "event",
            "type": "thing.updated",
            "created": 1,
            "data": {"object": about},
        }
        assert web.sender.stripe(json.dumps(event)).status_code == 200

    assert len(web.practice.events()) == len(web.practice.jobs()) == len(objects)


def test_both_of_intuits_forms_have_a_job_per_changed_object(web: Desk) -> None:
    for _ in range(2):
        assert web.sender.intuit(json.dumps(OLD_FORM)).status_code == 200
        assert web.sender.intuit(json.dumps([cloud_event(), cloud_event("2", "qbo.new-thing")])).status_code == 200

    told = [
        (job["args"]["entity"], job["args"]["entity_id"], job["args"]["operation"], job["args"].get("deleted_id"))
        for job in web.practice.jobs()
    ]
    assert sorted(told, key=str) == [
        ("BillPayment", "1234", "update", None),
        ("Customer", "7", "merge", "8"),
        ("Invoice", "95", "create", None),
    ]
    assert {job["args"]["realm_id"] for job in web.practice.jobs()} == {
        REALM
    }  # not that of 999, whom nobody has connected
    assert len({event["event_id"] for event in web.practice.events()}) == 3


def test_the_jobs_of_webhooks_continue_a_trace_where_there_is_one(web: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = EnqueuingTracer()
    monkeypatch.setattr(tracer, "_tracer", provider.get_tracer("web"))
    monkeypatch.setattr(web.receiver.app, "tracer", tracer)
    assert web.sender.intuit(json.dumps([cloud_event(), cloud_event("2")])).status_code == 200

    (span,) = memory.get_finished_spans()
    kept = web.practice.rows("SELECT DISTINCT traceparent FROM procrastinate_jobs")
    assert kept == [{"traceparent": traceparent_of(span.context)}]
    assert span.name == "enqueue webhook:quickbooks"


def test_a_webhook_of_ones_own_is_signed_by_the_standards_library(web: Desk) -> None:
    body = json.dumps({"type": "deal.won", "timestamp": "2026-03-01T12:00:00Z", "data": {"id": "7", "note": "a\0b"}})

    assert web.sender.custom(web.source, body, web.secret).status_code == 200
    (event,) = web.practice.events()
    assert (event["event_id"], event["event_type"], event["object_id"]) == ("msg_1", "deal.won", "7")
    assert event["event"]["data"]["note"] == "a\ufffdb"  # PostgreSQL keeps no NUL


def test_what_isnt_signed_well_is_refused_with_one_answer_for_all(web: Desk) -> None:
    sender, body, other = web.sender, stripe_body(), new_standard_secret()
    header = sender.stripe_header(body)
    answers = [
        sender.post("/webhooks/stripe", body),
        sender.post("/webhooks/stripe", body, {"Stripe-Signature": "t=1,v1=00"}),
        sender.post("/webhooks/stripe", body, [("Stripe-Signature", header), ("Stripe-Signature", header)]),
        sender.post("/webhooks/stripe", body + " ", {"Stripe-Signature": header}),
        sender.stripe(body, "whsec_" + "x" * 32),
        sender.stripe(body, path=f"/webhooks/stripe/{ACCOUNT}"),  # the application's secret isn't the connection's
        sender.stripe(body, path="/webhooks/stripe/acct_unknown"),
        sender.stripe(body, path="/webhooks/stripe/%2e%2e"),
        sender.intuit("[]", "another-verifier-token"),
        sender.intuit("[]", path="/webhooks/quickbooks/999"),
        sender.custom(web.source, "{}", other),
        sender.custom("unknown", "{}", other),
        sender.custom("Un%20known", "{}", other),
        sender.post(f"/webhooks/{web.source}", "{}", {"intuit-signature": "AAAA"}),
        sender.at(1_000_000_000).stripe(body),
        sender.at(1_000_000_000).custom(web.source, "{}", web.secret),
    ]

    assert {(answer.status_code, answer.text) for answer in answers} == {(401, '{"error":"unauthorized"}')}
    assert web.practice.events() == web.practice.jobs() == []


def test_a_connections_own_secrets_hold_at_its_own_address_and_all_of_them(web: Desk) -> None:
    old, new = "whsec_" + "1" * 32, "whsec_" + "2" * 32
    web.practice.connect("stripe", ACCOUNT, old, new)
    path = f"/webhooks/stripe/{ACCOUNT}"

    assert web.sender.stripe(stripe_body("evt_1"), old, path=path).status_code == 200
    assert web.sender.stripe(stripe_body("evt_2"), new, path=path).status_code == 200
    assert web.sender.stripe(stripe_body("evt_3"), "whsec_" + "3" * 32, old, path=path).status_code == 200
    web.practice.connect("stripe", ACCOUNT, new)
    assert web.sender.stripe(stripe_body("evt_4"), old, path=path).status_code == 401
    web.practice.connection.execute("UPDATE practice_connections SET is_active = false")
    assert web.sender.stripe(stripe_body("evt_5"), new, path=path).status_code == 401
    assert len(web.practice.jobs()) == 3


def test_no_firms_secret_speaks_for_another_firms_account(web: Desk, connection: psycopg.Connection[Any]) -> None:
    theirs = "whsec_" + "9" * 32
    other = Practice(web.practice.app, connection, "org-2")
    other.connect("stripe", "acct_Other", theirs)
    event = json.loads(stripe_body()) | {"account": ACCOUNT}

    assert web.sender.stripe(json.dumps(event), theirs, path="/webhooks/stripe/acct_Other").status_code == 200
    assert web.practice.events() == web.practice.jobs() == []
    assert web.receiver.counts["stripe", "unrouted"] == 1
    event["account"] = "acct_Other"
    web.sender.stripe(json.dumps(event))  # as Stripe tells a platform of its connected accounts
    assert [job["organization_id"] for job in web.practice.jobs()] == ["org-2"]


def test_what_is_signed_but_no_event_is_said_to_be_so(web: Desk) -> None:
    sender = web.sender
    bodies = [
        "",
        "{",
        "[]",
        "null",
        '{"id": 1}',
        "{}" * 3,
        "[" * 50_000,
        '{"a": NaN}',
        '{"a": 1e999}',
        json.dumps({"id": "x" * 300}),
    ]

    assert {sender.stripe(body).status_code for body in bodies} == {400}
    assert sender.intuit(json.dumps([cloud_event(kind="qbo.x")])).status_code == 400
    assert sender.intuit(json.dumps([cloud_event(time="yesterday")])).status_code == 400
    assert sender.custom(web.source, "[1]", web.secret).status_code == 400
    assert web.practice.events() == []


def test_other_methods_paths_and_kinds_of_content_are_refused(web: Desk) -> None:
    client, url = web.sender.client, web.sender.url
    refused = client.get(f"{url}/webhooks/stripe")

    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert client.put(f"{url}/webhooks/stripe", content=b"{}").status_code == 405
    assert client.post(f"{url}/webhooks", content=b"{}").status_code == 404
    assert client.post(f"{url}/webhooks/stripe/a/b", content=b"{}").status_code == 404
    for odd in (
        {"Content-Type": "application/x-www-form-urlencoded"},
        {},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ):
        assert client.post(f"{url}/webhooks/stripe", content=b"{}", headers=odd).status_code == 415


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of what was hashed."""
    sizes: list[int] = []
    digest = signatures._digest
    monkeypatch.setattr(signatures, "_digest", lambda key, signed: sizes.append(len(signed)) or digest(key, signed))
    return sizes


def test_a_body_beyond_a_megabyte_is_refused_before_it_is_hashed(web: Desk, hashed: list[int]) -> None:
    fits = stripe_body(text="")
    fits = stripe_body(text="x" * (LARGEST - len(fits)))
    assert len(fits) == LARGEST
    assert web.sender.stripe(fits).status_code == 200
    assert len(hashed) == 1

    header = {"Stripe-Signature": "t=1,v1=" + "0" * 64, "Content-Type": "application/json"}
    read: list[int] = []

    def endless() -> Iterator[bytes]:
        for _ in range(1_000):
            read.append(1)
            yield b"x" * 100_000

    announced = web.sender.stripe(fits + " ")
    chunked = web.sender.client.post(f"{web.sender.url}/webhooks/stripe", content=endless(), headers=header)
    assert [announced.status_code, chunked.status_code] == [413, 413]
    assert announced.json() == {"error": announced.reason_phrase.lower()}
    assert len(read) < 1_000
    assert len(hashed) == 1


def test_huge_headers_reach_nothing(web: Desk, hashed: list[int]) -> None:
    answers = [
        web.sender.post(
            "/webhooks/stripe", "{}", {"Stripe-Signature": "t=1" + ",v1=" + "0" * 64 + "," * size}
        ).status_code
        for size in (5_000, 30_000)
    ]
    many = web.sender.post("/webhooks/stripe", "{}", [("Stripe-Signature", "t=1,v1=00")] * 500).status_code
    endless = web.sender.post("/webhooks/stripe", "{}", {"X-Long": "x" * 200_000}).status_code

    assert [*answers, many, endless] == [401, 401, 401, 400]
    assert hashed == []


def test_200_repetitions_at_once_are_all_answered_and_have_one_job(web: Desk) -> None:
    body = stripe_body()
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: web.sender.stripe(body).status_code, range(200)))

    assert answers == [200] * 200
    assert len(web.practice.events()) == len(web.practice.jobs()) == 1
    assert web.receiver.counts["stripe", "taken"] == 1
    assert web.receiver.counts["stripe", "taken before"] == 199


def test_batches_that_share_events_in_turned_order_dont_block_each_other(web: Desk) -> None:
    events = [cloud_event(str(number)) for number in range(40)]
    bodies = [json.dumps(events), json.dumps(events[::-1])] * 10
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: web.sender.intuit(body).status_code, bodies))

    assert answers == [200] * 20
    assert len(web.practice.jobs()) == 40


def test_while_the_database_is_away_the_service_is_asked_to_come_again(webhook_settings: Settings) -> None:
    app = App(replace(webhook_settings, database_url="postgresql://nobody@127.0.0.1:9/none"))
    with serving(app) as (url, receiver), httpx.Client() as client:
        answer = Sender(url, client).stripe(stripe_body())

        assert (answer.status_code, answer.headers["retry-after"]) == (503, "15")
        assert receiver.counts["stripe", "database away"] == 1
    app.close()


def test_refusals_are_logged_without_what_came(web: Desk, caplog: pytest.LogCaptureFixture) -> None:
    body, header = stripe_body(name="Windmill"), "t=1700000000,v1=" + "ab" * 32
    with caplog.at_level(logging.DEBUG):
        web.sender.post("/webhooks/stripe", body, {"Stripe-Signature": header})
        web.sender.stripe(body)

    lines = [record.getMessage() for record in caplog.records if record.name.startswith("advisorjobs")]
    assert lines == ["a webhook of stripe from 127.0.0.1 is refused with 401: outside the time window"]
    assert web.receiver.counts["stripe", "outside the time window"] == 1
    assert not {"Windmill", "abab", STRIPE_SECRET, INTUIT_TOKEN} & {word for word in caplog.text.split() if word}
    assert "Windmill" not in caplog.text
    assert "abab" not in caplog.text


def test_it_works_for_an_owner_whom_row_level_security_binds(web: Desk, connection: psycopg.Connection[Any]) -> None:
    """The functions are their owner's; here one that is no superuser."""
    name = connection.info.dbname.replace("-", "_") + "_owner"
    connection.execute(f"CREATE ROLE {name} NOSUPERUSER NOBYPASSRLS")
    try:
        for table in ("practice_webhook_events", "practice_connections", "advisorjobs_routes"):
            connection.execute(f"ALTER TABLE {table} OWNER TO {name}")
        connection.execute(f"GRANT {name} TO CURRENT_USER; GRANT USAGE, CREATE ON SCHEMA public TO {name}")
        for function in ("advisorjobs_webhook_routes(text, text[])", "advisorjobs_receive_webhooks(jsonb)"):
            connection.execute(f"ALTER FUNCTION {function} OWNER TO {name}")
        connection.execute(f"GRANT EXECUTE ON FUNCTION advisorjobs_enqueue(jsonb) TO {name}")
        connection.execute(f"GRANT REFERENCES, SELECT ON practice_organizations TO {name}")

        assert web.sender.stripe(stripe_body()).status_code == 200
        assert web.sender.custom(web.source, "{}", web.secret).status_code == 200
        assert len(web.practice.jobs()) == 2
    finally:
        connection.execute(f"REASSIGN OWNED BY {name} TO CURRENT_USER")
        connection.execute(f"DROP OWNED BY {name}")
        connection.execute(f"DROP ROLE {name}")


def test_it_can_be_mounted_in_another_application(web: Desk) -> None:
    whole = Starlette(routes=[Mount("/jobs", web_app(web.practice.app))])
    body = stripe_body()
    with TestClient(whole) as client:
        headers = {"Stripe-Signature": web.sender.stripe_header(body), "Content-Type": "application/json"}
        assert client.post("/jobs/webhooks/stripe", content=body, headers=headers).status_code == 200
