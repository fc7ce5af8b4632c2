"""How far procrastinate's schema in a database is, which procrastinate doesn't write down.

Its steps are built one after the other in a schema aside, and after each the objects are compared with those in the
database. The transaction is rolled back; the database's own tables are only read.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import psycopg

from advisorjobs.database import scripts
from advisorjobs.errors import NotMigrated

__all__ = ["best_match", "steps_taken"]


def steps_taken(connection: psycopg.Connection[Any], schema: str) -> int:
    """How many of procrastinate's steps the tables in *schema* have behind them.

    Called outside a transaction: in a nested one PostgreSQL wouldn't let new values of an enum be used. Raises
    NotMigrated where the tables are of no known release.
    """
    present = objects(connection, schema)
    built: list[frozenset[str]] = []
    with connection.transaction(force_rollback=True):
        connection.execute((files("advisorjobs.sql") / "open_probe.sql").read_bytes())
        for script in scripts.procrastinate_upgrades():
            connection.execute(script.sql.encode())
            built.append(objects(connection, "advisorjobs_probe"))
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
    query = (files("advisorjobs.sql") / "procrastinate_objects.sql").read_bytes()
    return frozenset(line for (line,) in connection.execute(query, {"schema": schema}))
