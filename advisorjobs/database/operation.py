"""What is to be done in the database, as a value: who asks, which statement, with what, and how its rows are read.

Operations are built by plain functions that do no I/O. One async and one blocking runner carry out any of them, on our
own connections or on the caller's, so that nothing is written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, LiteralString, TypeVar

from advisorjobs.actor import acting

__all__ = ["Operation", "Row", "done", "named", "only", "operation"]

R = TypeVar("R")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[R]):
    """One statement, once per member of `batches`, all in one transaction.

    `asked_by` is the call that the user made, for error texts. `read` gets the rows of all batches, in order.
    `connection`: the caller's, in whose transaction it happens; None: one of our own. `span`: what lasts as long as it is
    carried out, where that is traced.
    """

    asked_by: str
    statement: LiteralString
    batches: Sequence[Mapping[str, Any]]
    read: Callable[[list[Row]], R]
    connection: Any = None
    span: AbstractContextManager[Any] | None = None


def operation(
    asked_by: str,
    statement: LiteralString,
    parameters: Mapping[str, Any],
    read: Callable[[list[Row]], R],
    connection: Any = None,
) -> Operation[R]:
    """An operation of one statement, once."""
    return Operation(
        asked_by=asked_by,
        statement=statement,
        batches=(named(statement, parameters),),
        read=read,
        connection=connection,
    )


def named(statement: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """*parameters*, with who acts where the statement is noted in the audit log: so no call can forget to say it."""
    return {"actor": acting().text(), **parameters} if "%(actor)s" in statement else parameters


def done(rows: list[Row]) -> Any:
    """Reads what came of a change that is noted in the audit log."""
    (row,) = rows
    return row["done"]


def only(rows: list[Row]) -> Any:
    """Reads the one column of the one row."""
    (row,) = rows
    (value,) = row.values()
    return value
