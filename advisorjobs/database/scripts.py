"""The SQL that a database is built from, in the order of its use: procrastinate's, ours, then the functions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

__all__ = ["Script", "functions", "functions_checksum", "numbered", "procrastinate_schema", "procrastinate_upgrades"]


@dataclass(frozen=True, slots=True)
class Script:
    """A file of SQL. `name` is what the database remembers it by, so it never changes."""

    name: str
    sql: str


def scripts(folder: Traversable, prefix: str = "") -> tuple[Script, ...]:
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return tuple(Script(prefix + file.name.removesuffix(".sql"), file.read_text("utf-8")) for file in found)


@cache
def numbered() -> tuple[Script, ...]:
    """migrations/NNNN_*.sql: each runs once."""
    return scripts(files("advisorjobs.migrations"))


@cache
def functions() -> tuple[Script, ...]:
    """migrations/functions/*.sql: all run again whenever one of them changed or anything else was applied."""
    return scripts(files("advisorjobs.migrations") / "functions")


@cache
def functions_checksum() -> str:
    return hashlib.sha256("\0".join(f"{script.name}\0{script.sql}" for script in functions()).encode()).hexdigest()


@cache
def procrastinate_schema() -> Script:
    """The schema of the installed procrastinate in one piece, for an empty database."""
    return Script("procrastinate/schema", (files("procrastinate.sql") / "schema.sql").read_text("utf-8"))


@cache
def procrastinate_upgrades() -> tuple[Script, ...]:
    """The steps in which procrastinate came to that schema, its first release's tables included."""
    return scripts(files("procrastinate.sql") / "migrations", "procrastinate/")
