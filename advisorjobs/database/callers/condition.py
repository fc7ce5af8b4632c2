"""Whether a caller's connection can be used as it is, and what to say where it can't."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from advisorjobs.database.callers.verdict import Verdict, verdict_of
from advisorjobs.database.operation import Operation
from advisorjobs.database.unmigrated import CURE
from advisorjobs.errors import AdvisorJobsError, NotMigrated, UnusableConnection

__all__ = ["Condition", "kind_of", "refusal", "require"]

FAILED_TRANSACTION = "25P02"
MISSING = ("42P01", "42883", "42703", "42704")
"""What PostgreSQL says where a table, function, column or type of ours isn't there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`in_transaction`: one is open, or the connection opens one by itself. Where none is, a statement commits by itself."""

    closed: bool = False
    failed: bool = False
    in_transaction: bool = True


def require(operation: Operation[Any], condition: Condition) -> None:
    """Raises UnusableConnection where the operation's connection can't be used, before anything is sent."""
    if condition.closed:
        raise UnusableConnection(f"{_given(operation)} is closed: pass an open one")
    if condition.failed:
        raise _failed_before(operation)
    if not condition.in_transaction and len(operation.batches) > 1:
        raise UnusableConnection(
            f"{_given(operation)} is in autocommit and has no open transaction, and this takes {len(operation.batches)} "
            "statements that belong together: open a transaction first, or leave connection= out"
        )


def refusal(operation: Operation[Any], error: BaseException) -> AdvisorJobsError | None:
    """What to raise in place of *error*, which the caller's connection raised; None: *error* itself, with a note."""
    verdict = verdict_of(error)
    if verdict is None:
        return None
    if verdict.sqlstate == FAILED_TRANSACTION:
        return _failed_before(operation)
    if verdict.sqlstate in MISSING:
        return NotMigrated(
            f"{_given(operation)} leads to a database without AdvisorJobs' tables, or with older ones ({verdict.message}): "
            f"{CURE} there, or pass a connection to the right one. Its transaction has failed with this"
        )
    _note(error, operation, verdict)
    return None


def _given(operation: Operation[Any]) -> str:
    return f"{operation.asked_by}: the connection given ({kind_of(operation.connection)})"


def _failed_before(operation: Operation[Any]) -> UnusableConnection:
    return UnusableConnection(f"{_given(operation)} is in a transaction that has failed before: roll it back first")


def _note(error: BaseException, operation: Operation[Any], verdict: Verdict) -> None:
    error.add_note(
        f"{operation.asked_by}: the database refused this ({verdict.sqlstate}). A transaction that was open on the connection "
        "given has failed with it: roll it back, or back to a savepoint from before the call"
    )


def kind_of(connection: Any) -> str:
    """The class of *connection*, as people know it."""
    kind = type(connection)
    return f"{kind.__module__}.{kind.__qualname__}"
