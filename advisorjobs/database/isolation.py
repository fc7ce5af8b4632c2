"""The isolation at which the engine's statements must run: each sees what was committed before it began."""

from __future__ import annotations

from typing import Any

from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement
from advisorjobs.errors import SettingsError

__all__ = ["check_isolation", "isolation_check", "refusal"]

SETTING = "default_transaction_isolation"
STRICTER = ("repeatable read", "serializable")
CURES = {
    "user": "by ALTER ROLE … SET default_transaction_isolation = 'read committed'",
    "database": "by ALTER DATABASE … SET default_transaction_isolation = 'read committed'",
    "database user": "by ALTER ROLE … IN DATABASE … SET default_transaction_isolation = 'read committed'",
    "client": "by taking it out of DATABASE_URL (options=) and PGOPTIONS",
    "configuration file": "to 'read committed' in postgresql.conf, or for this role by ALTER ROLE",
}
"""pg_settings.source -> what to do."""


def refusal(setting: str, source: str) -> SettingsError | None:
    """The error for a database whose transactions run at *setting*, by default, as *source* says; None if they may."""
    if setting not in STRICTER:
        return None
    cure = CURES.get(source, CURES["user"])
    return SettingsError(
        SETTING, setting, f"limits and claims would go by what was so before, not now: change it {cure}"
    )


def isolation_check() -> Operation[None]:
    """Raises SettingsError where this role's transactions run stricter than `read committed` by default."""
    return operation("worker", statement("default_isolation"), {}, _judge)


def check_isolation(connection: Any) -> None:
    """As `isolation_check`, on a blocking connection with rows as tuples."""
    (row,) = connection.execute(statement("default_isolation")).fetchall()
    _raise(*row)


def _judge(rows: list[Row]) -> None:
    (row,) = rows
    _raise(row["setting"], row["source"])


def _raise(setting: str, source: str) -> None:
    error = refusal(setting, source)
    if error is not None:
        raise error
