"""What /openapi.json says of every route alike: how to prove who calls, and the answers that tell what went wrong."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

__all__ = ["describe"]

PROBLEM = {
    "title": "Problem",
    "description": "RFC 9457: what went wrong, for programs and people.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "errors": {
            "description": "Of 422: which value breaks which rule.",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "rule"],
                "properties": {"where": {"type": "string"}, "rule": {"type": "string"}},
            },
        },
        "fields": {
            "description": "Of 422: what is wrong with a payload, by field.",
            "type": "object",
            "additionalProperties": {"type": "string"},
        },
    },
}
ANSWERS = {
    HTTPStatus.BAD_REQUEST: "The request can't be read, or asks for what can't be done",
    HTTPStatus.UNAUTHORIZED: "Nobody is signed in, and no valid token is shown",
    HTTPStatus.FORBIDDEN: "The caller's role doesn't allow this",
    HTTPStatus.NOT_FOUND: "There is nothing of that name or number that the caller may see",
    HTTPStatus.CONFLICT: "It can't be changed so as it stands now: why",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A value breaks a rule: which, and which rule",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database is away; the same request may succeed later",
}
CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
LEFT_OUT = ("HTTPValidationError", "ValidationError")
"""Schemas of FastAPI's own answer to what breaks a rule, which ours replaces."""


def describe(served: FastAPI) -> None:
    """Lets *served* answer with the whole description, made when it is first asked for."""

    def openapi() -> dict[str, Any]:
        if served.openapi_schema is None:
            made = get_openapi(title=served.title, version=served.version, routes=served.routes, servers=served.servers)
            served.openapi_schema = completed(made)
        return served.openapi_schema

    served.openapi = openapi  # type: ignore[method-assign]


def completed(description: dict[str, Any]) -> dict[str, Any]:
    """*description* with our problem answers on each operation, and the tokens that are taken."""
    components = description.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in LEFT_OUT:
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    description["security"] = [{"token": []}]
    for operations in description["paths"].values():
        for operation in operations.values():
            for status, text in ANSWERS.items():
                answer = operation["responses"].setdefault(str(int(status)), {"description": text})
                if answer["description"] == "Validation Error":
                    answer["description"] = text
                answer["content"] = CONTENT
    return description
