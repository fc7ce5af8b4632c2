"""The statements that the program runs: one a file in advisorjobs/sql/, read once."""

from __future__ import annotations

import functools
import importlib.resources
from typing import LiteralString

__all__ = ["statement"]


@functools.cache
def statement(name: str) -> LiteralString:
    """The SQL of sql/*name*.sql. Parameters are written %(name)s; the text is the project's own, never a caller's."""
    return importlib.resources.files("advisorjobs.sql").joinpath(f"{name}.sql").read_text("utf-8")
