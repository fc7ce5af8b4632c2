"""What came of an action, with its place in the audit log."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from advisorjobs.database.operation import Operation, Row

__all__ = ["Noted", "noted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """`changed` False: there was nothing to change. `audit_id`: of the log's row, by which it can be undone; None: none."""

    changed: bool
    audit_id: int | None


def noted(operation: Operation[Any]) -> Operation[Noted]:
    """*operation*, whose statement answers `done` and `note`, read so."""
    return dataclasses.replace(operation, read=_read)


def _read(rows: Sequence[Row]) -> Noted:
    (row,) = rows
    return Noted(changed=row["note"] is not None, audit_id=row["note"])
