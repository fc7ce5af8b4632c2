"""The statements of the command line: sql/*.sql on a blocking connection, rows as dictionaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisorjobs.database.operation import named
from advisorjobs.database.statement import statement

__all__ = ["ask"]


def ask(
    connection: Any,
    name: str,
    params: Mapping[str, Any] | None = None,
    *,
    organization: str | None = None,
    by_index: bool = False,
) -> list[dict[str, Any]]:
    """The rows of sql/*name*.sql, in a transaction that works for *organization* where one is given.

    *by_index*: no table is read from end to end where an index serves, whatever the statistics say.
    """
    with connection.transaction():
        if by_index:
            connection.execute(statement("by_index"))
        if organization is not None:
            connection.execute(statement("work_for"), {"organization": organization})
        sql = statement(name)
        cursor = connection.execute(sql, named(sql, params or {}))
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]
