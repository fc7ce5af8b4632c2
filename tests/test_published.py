import asyncio
import logging
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

import psycopg
import pytest
from pydantic import Field

from advisorjobs.application import App
from advisorjobs.catalogue import Catalogue
from advisorjobs.payloads import Payload
from advisorjobs.published import fields_of, publish
from advisorjobs.queues import QUEUES, RateLimit


class Line(Payload):
    text: str


class Colour(Enum):
    RED = "red"


class Everything(Payload):
    line: Line
    lines: list[Line] = Field(default_factory=list)
    maybe: int | None = None
    total: Decimal = Decimal(0)
    ratio: float = 0.5
    when: date | None = None
    kind: Literal["a", 1, None] = "a"
    colour: Colour = Colour.RED
    anything: Any = None


def test_fields_are_described_in_json_types() -> None:
    fields = fields_of(Everything)
    assert fields["organization_id"] == {"required": True, "types": ["string"], "alias": "organizationId"}
    assert {name: field.get("types") for name, field in fields.items() if name != "organization_id"} == {
        "line": ["object"],
        "lines": ["array"],
        "maybe": ["integer", "null"],
        "total": ["number", "string"],
        "ratio": ["number"],
        "when": ["null", "string"],
        "kind": ["null", "number", "string"],
        "colour": ["string"],
        "anything": None,
    }
    assert [name for name, field in fields.items() if field["required"]] == ["organization_id", "line"]


def test_the_database_is_told_of_every_queue_and_job(app: App, connection: psycopg.Connection[Any]) -> None:
    queues = dict(connection.execute("SELECT name, priority FROM advisorjobs_queues").fetchall())
    assert {name: queue.priority for name, queue in QUEUES.items()}.items() <= queues.items()
    assert {"default", "builtin"} <= queues.keys()
    types = dict(connection.execute("SELECT name, queue FROM job_types").fetchall())
    assert {each.name: each.queue for each in app.catalogue.values()}.items() <= types.items()
    app.publish()


def test_an_older_program_takes_no_job_away(app: App, connection: psycopg.Connection[Any]) -> None:
    connection.execute("INSERT INTO job_types VALUES ('newer:job', 'emails', '{}')")
    app.publish()
    assert connection.execute("SELECT queue FROM job_types WHERE name = 'newer:job'").fetchone() == ("emails",)


def test_a_queue_that_only_a_plain_task_names_has_a_row(app: App, connection: psycopg.Connection[Any]) -> None:
    app.run(publish(app.catalogue, {"practice:post": "letters"}))
    row = connection.execute("SELECT priority, rate FROM advisorjobs_queues WHERE name = 'letters'").fetchone()
    assert row == (3, None)


def test_a_queues_rate_is_the_tables(app: App, connection: psycopg.Connection[Any]) -> None:
    rates = connection.execute("SELECT name, rate, rate_window FROM advisorjobs_queues").fetchall()
    found = {name: starts and RateLimit(starts, window) for name, starts, window in rates}
    assert {name: queue.rate_limit for name, queue in QUEUES.items()}.items() <= found.items()


def test_a_rate_that_nobody_changed_follows_the_table(app: App, connection: psycopg.Connection[Any]) -> None:
    connection.execute("UPDATE advisorjobs_queues SET rate = 1, rate_window = '1 day' WHERE name = 'emails'")
    connection.execute("UPDATE advisorjobs_queues SET rate = 1, rate_window = '1 day' WHERE name = 'reports'")
    app.publish()
    rates = "SELECT rate, rate_window FROM advisorjobs_queues WHERE name IN ('emails', 'reports') ORDER BY name"
    assert connection.execute(rates.encode()).fetchall() == [(100, timedelta(minutes=1)), (None, None)]


def test_what_people_changed_is_kept_and_a_worker_that_starts_says_so_once(
    app: App, connection: psycopg.Connection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    connection.execute("SELECT set_queue_limit('emails', rate => '7/h', changed_by => 'ada')")
    connection.execute("SELECT set_queue_limit('integrations', running => 2)")
    connection.execute("SELECT set_queue_limit('document-processing', remove => '{rate}', changed_by => 'bob')")
    with caplog.at_level(logging.INFO, "advisorjobs"):
        app.publish()
        assert caplog.messages == []
        asyncio.run(app.publish_async())
    documents, emails = caplog.messages
    assert documents.startswith("queue document-processing: none is its rate limit, changed by bob 2")
    assert emails.startswith("queue emails: 7 / h is its rate limit, changed by ada 2")
    assert emails.endswith("; the queue table says 100 / min")
    kept = connection.execute("SELECT rate, rate_window FROM advisorjobs_queues WHERE name = 'emails'").fetchone()
    assert kept == (7, timedelta(hours=1))


def test_the_cost_and_the_key_of_a_job_are_published(app: App, connection: psycopg.Connection[Any]) -> None:
    keys = connection.execute("SELECT DISTINCT cost, limit_key FROM job_types WHERE limit_key IS NOT NULL").fetchall()
    assert set(keys) == {(1, "azure:{operation}"), (1, "quickbooks:{realm_id}"), (1, "stripe:{account}")}
    costly = replace(app.catalogue["document:ocr"], name="test:costly", cost=5, limit_key="reader:{organization_id}")
    app.run(publish(Catalogue([*app.catalogue.values(), costly]), {}))
    row = connection.execute("SELECT cost, limit_key FROM job_types WHERE name = 'test:costly'").fetchone()
    assert row == (5, "reader:{organization_id}")
