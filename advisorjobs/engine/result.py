"""What a job function returned, as the JSON that is kept of it."""

from __future__ import annotations

from typing import Any

from pydantic_core import PydanticSerializationError, to_json

__all__ = ["result_text", "type_name"]


def result_text(result: Any) -> str:
    """*result* as JSON text that PostgreSQL takes (no NUL). Values of unknown types become their type's name.

    Raises TypeError for what can't be JSON at all, a circle for example.
    """
    if result is None:
        return "null"
    try:
        return to_json(result, fallback=type_name).replace(b"\\u0000", b"\\ufffd").decode()
    except (PydanticSerializationError, ValueError) as error:
        raise TypeError(f"the result can't be kept as JSON: {error}") from None


def type_name(value: Any) -> str:
    """What stands in JSON for a value of a type that JSON can't hold."""
    return f"<{type(value).__name__}>"
