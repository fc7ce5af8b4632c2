"""How far procrastinate's schema in a database is, which procrastinate doesn't write down.

Its steps are built one after the other in a schema aside, and after each the objects are compared with those in the
database. That schema is dropped at the end; the database's own tables are only read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from advisorjobs.database import scripts
from advisorjobs.database.statement import statement
from advisorjobs.errors import NotMigrated

__all__ = ["best_match", "steps_taken"]


def steps_taken(connection: psycopg.Connection[Any], schema: str) -> int:
    """How many of procrastinate's steps the tables in *schema* have behind them.

    Called in autocommit, by one at a time. Raises NotMigrated where the tables are of no known release.
    """
    present = objects(connection, schema)
    built: list[frozenset[str]] = []
    connection.execute(statement("open_probe"))
    try:
        for script in scripts.procrastinate_upgrades():
            connection.execute(script.sql.encode())
            built.append(objects(connection, "advisorjobs_probe"))
    finally:
        connection.execute(statement("close_probe"))
    return best_match(present, built)


def best_match(present: frozenset[str], built: Sequence[frozenset[str]]) -> int:
    """The number of steps whose objects are all present, and which leave the fewest of those present unexplained.

    An application may have added indexes or triggers of its own, but nothing of procrastinate's may be missing.
    """
    fitting = [number for number, step in enumerate(built, 1) if step <= present]
    if not fitting:
        nearest = min(built, key=lambda step: len(step ^ present))
        raise NotMigrated(
            "procrastinate's tables in this database are as no release of it makes them "
            f"(lacking or changed: {sorted(nearest - present)[0]}): bring them to a release by its own migrations first"
        )
    return min(reversed(fitting), key=lambda number: len(present - built[number - 1]))


def objects(connection: psycopg.Connection[Any], schema: str) -> frozenset[str]:
    query = statement("procrastinate_objects")
    return frozenset(line for (line,) in connection.execute(query, {"schema": schema}))
