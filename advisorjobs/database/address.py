"""The address of a database: understood, shown without its password, connected to with an error a person can use."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from advisorjobs.errors import DatabaseUnavailable

__all__ = ["connect", "parse", "unreachable"]

CONNECT_DEADLINE = 10


def parse(dsn: str) -> dict[str, Any]:
    """The parts of *dsn* by libpq's names. Raises DatabaseUnavailable, which repeats nothing that may be a secret."""
    try:
        return dict(conninfo_to_dict(dsn))
    except psycopg.ProgrammingError as error:
        reason = str(error).strip()
        if not reason.startswith("invalid URI query parameter"):
            reason = "write it like postgresql://user:password@host:5432/database, special characters %-encoded"
        raise DatabaseUnavailable(f"the database's address can't be understood: {reason}") from None


def unreachable(dsn: str, error: psycopg.OperationalError) -> DatabaseUnavailable:
    """What to tell a person whose database doesn't answer: where, why, and what to look at."""
    parts = parse(dsn)
    place = f"{parts.get('host') or 'this machine'}:{parts.get('port') or 5432}/{parts.get('dbname') or ''}"
    said = (str(error).strip().splitlines() or ["it said nothing"])[0]
    reason = said.rpartition("failed: ")[2].removeprefix("FATAL:").strip()
    return DatabaseUnavailable(
        f"no PostgreSQL to be had at {place}: {reason}. Check DATABASE_URL and that the server runs"
    )


def connect(dsn: str, **options: Any) -> psycopg.Connection[Any]:
    """A blocking connection to *dsn*, for commands; raises DatabaseUnavailable in one line."""
    try:
        return psycopg.connect(**{"connect_timeout": CONNECT_DEADLINE, **parse(dsn)}, **options)
    except psycopg.OperationalError as error:
        raise unreachable(dsn, error) from error
