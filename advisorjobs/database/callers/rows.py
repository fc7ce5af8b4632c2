"""Rows as psycopg gives them, from drivers that leave JSON as text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from advisorjobs.database.operation import Row

__all__ = ["JSON", "JSONB", "rows_of"]

JSON, JSONB = 114, 3802
"""PostgreSQL's numbers of the two types."""


def rows_of(columns: Sequence[tuple[str, Any]], tuples: Iterable[Sequence[Any]], as_text: Iterable[int]) -> list[Row]:
    """*tuples* as mappings. *columns*: name and type number of each; *as_text*: the types whose values came as text."""
    text = set(as_text)
    decode = [kind in text for _, kind in columns]
    names = [name for name, _ in columns]
    return [
        {name: _loaded(value) if is_text else value for name, value, is_text in zip(names, row, decode, strict=True)}
        for row in tuples
    ]


def _loaded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:  # the application has its driver decode JSON: this was a text in it
        return value
