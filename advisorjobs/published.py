"""What the application tells the database of its jobs, so that SQL clients are checked too: names, queues, fields.

Field types are JSON's. What only Python can judge (formats, ranges, rules between fields) is judged when the job runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from advisorjobs.catalogue import Catalogue
from advisorjobs.database.operation import Operation, operation
from advisorjobs.database.statement import statement
from advisorjobs.payloads import Payload
from advisorjobs.queues import WORKER_TYPES, queue_settings

__all__ = ["fields_of", "publish"]

ANYTHING = {"*": {"required": False}}
"""A plain procrastinate task says nothing of its arguments."""


def publish(catalogue: Catalogue, plain_queues: Mapping[str, str], connection: Any = None) -> Operation[None]:
    """Writes queues and job types. *plain_queues*: name of each plain task -> its queue."""
    queues = [{"name": name, "priority": queue_settings(name).priority} for name in WORKER_TYPES["all"]]
    types = [
        {"name": each.name, "queue": each.queue, "fields": fields_of(each.payload)} for each in catalogue.values()
    ] + [{"name": name, "queue": queue, "fields": ANYTHING} for name, queue in plain_queues.items()]
    return operation(
        "publish",
        statement("publish"),
        {"queues": json.dumps(queues), "job_types": json.dumps(types)},
        lambda _: None,
        connection,
    )


def fields_of(model: type[Payload]) -> dict[str, dict[str, Any]]:
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
