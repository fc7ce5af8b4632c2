from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

import psycopg
from pydantic import Field

from advisorjobs.application import App
from advisorjobs.payloads import Payload
from advisorjobs.published import fields_of
from advisorjobs.queues import QUEUES


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
