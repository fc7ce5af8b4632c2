"""JSON that PostgreSQL can keep, or a refusal that names the place, before anything is sent."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from advisorjobs.errors import PayloadError

__all__ = ["LARGEST", "json_text"]

LARGEST = 256 * 1024
"""Bytes that a payload must stay below."""

DEEPEST = 64

_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def json_text(job: str, fields: Mapping[str, Any]) -> str:
    """*fields* as JSON. Raises PayloadError, naming the place, for NUL, NaN, infinity, lone surrogates, what is no
    JSON, nesting deeper than 64, and 256 kB or more.
    """
    try:
        text = _ENCODE(fields)
        size = len(text) if text.isascii() else len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise refusal(job, fields) or PayloadError(job, {"payload": str(error)}) from None
    if size >= LARGEST:
        rule = f"must be smaller than 256 kB, got {size} bytes: store the data in a table or a file and pass its id"
        raise PayloadError(job, {"payload": rule})
    if "\\u0000" in text or text.count("{") + text.count("[") > DEEPEST:
        refused = refusal(job, fields)
        if refused is not None:
            raise refused
    return text


def refusal(job: str, fields: Mapping[str, Any]) -> PayloadError | None:
    """What is wrong with *fields*, or None: the first place in the order of reading."""
    for place, value, depth in _walk(fields):
        rule = _rule(value, depth)
        if rule is not None:
            return PayloadError(job, {place: rule})
    return None


def _walk(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any, int]]:
    """Every key and value with its place, such as `lines[3].note`, and its depth; stops below the deepest allowed."""
    stack: list[tuple[str, Any, int]] = [("payload", fields, 1)]
    while stack:
        place, value, depth = stack.pop()
        yield place, value, depth
        if depth > DEEPEST:
            continue
        if isinstance(value, Mapping):
            below = [(_member(place, key), item, depth + 1) for key, item in value.items()]
            yield from ((f"a key of {place}", key, depth) for key in value)
        elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
            below = [(f"{place}[{index}]", item, depth + 1) for index, item in enumerate(value)]
        else:
            continue
        stack.extend(reversed(below))


def _member(place: str, key: Any) -> str:
    return str(key) if place == "payload" else f"{place}.{key}"


def _rule(value: Any, depth: int) -> str | None:
    match value:
        case str():
            if "\0" in value:
                return "contains the character NUL, which PostgreSQL can't keep"
            return None if _is_unicode(value) else "contains half a surrogate pair, which is no Unicode text"
        case float() if not math.isfinite(value):
            return "is not a finite number, which JSON can't hold"
        case None | bool() | int() | float():
            return None
        case Mapping() | list() | tuple():
            return f"is nested deeper than {DEEPEST} levels" if depth > DEEPEST else None
    return f"is a {type(value).__name__}, which is no JSON"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
