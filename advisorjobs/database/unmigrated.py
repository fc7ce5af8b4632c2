"""PostgreSQL's word that something of ours isn't there, as one line with the cure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from advisorjobs.errors import NotMigrated

__all__ = ["CURE", "MISSING", "not_migrated", "refuse_unmigrated"]

CURE = "run `advisorjobs migrate`"

MISSING = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedObject,
)
"""What PostgreSQL says where something of ours isn't there."""


def not_migrated(error: psycopg.Error) -> NotMigrated:
    """What to tell a person about *error*, one of MISSING."""
    return NotMigrated(f"the database isn't migrated, or to an older version ({error.diag.message_primary}): {CURE}")


@contextmanager
def refuse_unmigrated() -> Iterator[None]:
    """Turns PostgreSQL's word that a table, function, column or type of ours isn't there into NotMigrated."""
    try:
        yield
    except MISSING as error:
        raise not_migrated(error) from error
