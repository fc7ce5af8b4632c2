"""Which tables and indexes want tending, decided by what the database has measured. No I/O here.

Autovacuum does most of it; what it leaves is what grew while something held it back, and indexes, which it never makes
smaller. Thresholds are far above what autovacuum works at, so that on a healthy database nothing is to be done.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Index", "Table", "index_work", "table_work"]

FEW = 1000
"""Rows that are not worth a vacuum, whatever their share."""

SHARE = 0.2
"""Of the rows, dead or changed since the last ANALYZE, from which on a table is tended."""

SMALLEST_INDEX = 8 << 20
"""Bytes below which an index is never made anew."""

BLOAT = 2.5
"""How many times its estimated size an index has before it is made anew."""

PAGE, HEADER, FILL = 8192, 40, 0.9
ENTRY = 12
"""Bytes of an index entry beside its key: 8 of header, 4 of pointer (PostgreSQL, storage/itup.h and bufpage.h)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as measured. `part_of`: the table that it is a partition of, else its own name. `bytes` with indexes."""

    schema: str
    name: str
    part_of: str
    bytes: int
    living: int
    dead: int
    modified: int
    analyzed: bool
    permitted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A b-tree as measured. `entries` by the statistics, `key_bytes` on average; None: not known.

    `left_over`: what a REINDEX CONCURRENTLY that was broken off left behind.
    """

    schema: str
    name: str
    table: str
    bytes: int
    entries: float | None
    key_bytes: float
    left_over: bool

    @property
    def estimated_bytes(self) -> float | None:
        """What it would have if it were made now: an upper estimate, as equal keys share their entry since PostgreSQL 13."""
        if self.entries is None:
            return None
        key = -(-self.key_bytes // 8) * 8
        return max(1.0, self.entries * (ENTRY + key) / FILL / (PAGE - HEADER)) * PAGE


def table_work(table: Table) -> str | None:
    """What is to be done: "vacuum" (which analyzes too), "analyze", or nothing."""
    rows = table.living + table.dead
    if table.dead >= FEW and table.dead >= SHARE * rows:
        return "vacuum"
    if table.modified >= FEW and (table.modified >= SHARE * rows or not table.analyzed):
        return "analyze"
    return None


def index_work(index: Index) -> str | None:
    """What is to be done: "drop" what was left over, "reindex", or nothing."""
    if index.left_over:
        return "drop"
    estimated = index.estimated_bytes
    if estimated is not None and index.bytes >= SMALLEST_INDEX and index.bytes >= BLOAT * estimated:
        return "reindex"
    return None
