"""What the application tells the database of its jobs, so that SQL clients are checked too: names, queues, fields.

Field types are JSON's. What only Python can judge (formats, ranges, rules between fields) is judged when the job runs.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from advisorjobs.catalogue import Catalogue
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement
from advisorjobs.limits import Change
from advisorjobs.payloads import Payload
from advisorjobs.queues import WORKER_TYPES, Queue, RateLimit, queue_settings
from advisorjobs.rates import rate_text
from advisorjobs.task import JobType

__all__ = ["KeptRate", "fields_of", "publish"]

ANYTHING = {"*": {"required": False}}
"""A plain procrastinate task says nothing of its arguments."""


@dataclass(frozen=True, slots=True)
class KeptRate:
    """A queue whose rate limit in the database, which holds, is another than this program's queue table says."""

    queue: str
    in_force: RateLimit | None
    change: Change

    def __str__(self) -> str:
        table = _shown(queue_settings(self.queue).rate_limit)
        return f"queue {self.queue}: {_shown(self.in_force)} is its rate limit, {self.change}; the queue table says {table}"


def publish(catalogue: Catalogue, plain_queues: Mapping[str, str], connection: Any = None) -> Operation[list[KeptRate]]:
    """Writes queues and job types; returns the queues whose rate people have changed to another than the table's.

    *plain_queues*: name of each plain task -> its queue.
    """
    named = (*WORKER_TYPES["all"], *(each.queue or "default" for each in catalogue.values()), *plain_queues.values())
    queues = [_queue_row(queue_settings(name)) for name in dict.fromkeys(named)]
    types = [_type_row(each) for each in catalogue.values()] + [
        {"name": name, "queue": queue, "fields": ANYTHING} for name, queue in plain_queues.items()
    ]
    return operation(
        "publish",
        statement("publish"),
        {"queues": json.dumps(queues), "job_types": json.dumps(types)},
        _kept_rates,
        connection,
    )


def _queue_row(queue: Queue) -> dict[str, Any]:
    limit = queue.rate_limit
    return {
        "name": queue.name,
        "priority": queue.priority,
        "rate": limit and limit.starts,
        "rate_seconds": limit and limit.per.total_seconds(),
    }


def _type_row(job_type: JobType[Any]) -> dict[str, Any]:
    payload: type[Payload] = job_type.payload
    return {
        "name": job_type.name,
        "queue": job_type.queue,
        "fields": fields_of(payload),
        "cost": job_type.cost,
        "limit_key": job_type.limit_key,
    }


def _kept_rates(rows: list[Row]) -> list[KeptRate]:
    return [
        KeptRate(
            row["queue"],
            None if row["rate"] is None else RateLimit(row["rate"], row["rate_window"]),
            Change(row["changed_at"], row["changed_by"], None),
        )
        for row in rows
    ]


def _shown(limit: RateLimit | None) -> str:
    return "none" if limit is None else rate_text(limit)


@functools.cache  # a schema takes a millisecond, there are dozens, and each test of an application publishes them
def fields_of(model: type[Payload]) -> Mapping[str, Mapping[str, Any]]:
    """Field name -> {"types": JSON types (left out: any), "required", "alias": the camelCase name}."""
    schema = model.model_json_schema(by_alias=False)
    return {
        name: _described(schema["properties"][name], schema.get("$defs", {}), required=field.is_required())
        | ({"alias": field.alias} if field.alias and field.alias != name else {})
        for name, field in model.model_fields.items()
    }


def _described(schema: Mapping[str, Any], definitions: Mapping[str, Any], *, required: bool) -> dict[str, Any]:
    types = sorted(set(_json_types(schema, definitions)))
    return {"required": required} | ({"types": types} if types and "any" not in types else {})


def _json_types(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        yield from _json_types(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    elif "type" in schema:
        yield from [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    elif "const" in schema or "enum" in schema:
        yield from map(_json_type, schema.get("enum", [schema.get("const")]))
    elif branches := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        for branch in branches:
            yield from _json_types(branch, definitions)
    else:
        yield "any"


def _json_type(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
    return "array" if isinstance(value, list) else "object"
