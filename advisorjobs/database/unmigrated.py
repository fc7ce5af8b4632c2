"""PostgreSQL's word that something of ours isn't there, as one line with the cure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from advisorjobs.errors import NotMigrated

__all__ = ["CURE", "refuse_unmigrated"]

CURE = "run `advisorjobs migrate`"


@contextmanager
def refuse_unmigrated() -> Iterator[None]:
    """Turns PostgreSQL's word that a table, function, column or type of ours isn't there into NotMigrated."""
    try:
        yield
    except (
        psycopg.errors.UndefinedTable,
        psycopg.errors.UndefinedFunction,
        psycopg.errors.UndefinedColumn,
        psycopg.errors.UndefinedObject,
    ) as error:
        reason = error.diag.message_primary
        raise NotMigrated(f"the database isn't migrated, or to an older version ({reason}): {CURE}") from error
