"""Working for one organization: a transaction in which the database shows and accepts that organization's rows only.

The one place that knows the names of the role and the setting by which row-level security decides (the policies
themselves: migrations/0020_tenancy.sql). Both hold until the transaction ends, so that nothing of them is left in a
connection that goes back to a pool, ours or a pooler's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, AsyncTransaction, Connection, Transaction
from psycopg.pq import TransactionStatus

from advisorjobs.database.statement import statement

__all__ = ["Outside", "leave", "leave_async", "scope", "scope_async"]

ROLE = "advisorjobs_tenant"
SETTING = "advisorjobs.organization"


@dataclass(frozen=True, slots=True)
class Outside:
    """What was in force before the scope was entered."""

    role: str
    organization: str


@contextmanager
def scope(connection: Connection[Any], organization: str | None) -> Iterator[Outside]:
    """A transaction for *organization* (None: it sees no tenant's rows), committed at exit.

    Inside an open transaction it is a savepoint, and what was in force before holds again at exit. Within the scope the
    connection has the rights of the tenants' role: its tables, and queueing jobs.
    """
    nested = connection.info.transaction_status is not TransactionStatus.IDLE
    with ExitStack() as stack:
        with connection.pipeline():  # BEGIN and this in one round trip; connection.transaction() would stay in it
            stack.enter_context(Transaction(connection))
            cursor = connection.execute(statement("enter_scope"), _inside(organization))
        outside = _outside(cursor.fetchone())
        yield outside
        if nested:
            leave(connection, outside)


@asynccontextmanager
async def scope_async(connection: AsyncConnection[Any], organization: str | None) -> AsyncIterator[Outside]:
    """`scope` for an async connection."""
    nested = connection.info.transaction_status is not TransactionStatus.IDLE
    async with AsyncExitStack() as stack:
        async with connection.pipeline():
            await stack.enter_async_context(AsyncTransaction(connection))
            cursor = await connection.execute(statement("enter_scope"), _inside(organization))
        outside = _outside(await cursor.fetchone())
        yield outside
        if nested:
            await leave_async(connection, outside)


def leave(connection: Connection[Any], outside: Outside) -> None:
    """Goes back to the rights of before, within the same transaction."""
    connection.execute(statement("leave_scope"), _before(outside))


async def leave_async(connection: AsyncConnection[Any], outside: Outside) -> None:
    """`leave` for an async connection."""
    await connection.execute(statement("leave_scope"), _before(outside))


def _inside(organization: str | None) -> dict[str, str]:
    return {"role": ROLE, "setting": SETTING, "organization": organization or ""}


def _before(outside: Outside) -> dict[str, str]:
    return {"role": outside.role, "setting": SETTING, "organization": outside.organization}


def _outside(row: Any) -> Outside:
    """By position or by name: the caller's connection decides how its rows look."""
    values: Sequence[Any] = row if isinstance(row, Sequence) else list(row.values())
    return Outside(values[0], values[1])
