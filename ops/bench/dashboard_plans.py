"""What statements read of the large tables, node by node, from what auto_explain tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["MOST_ROWS", "Scan", "scans", "summary", "too_much"]

TABLES = ("procrastinate_jobs", "advisorjobs_runs", "advisorjobs_tallies", "advisorjobs_shares", "advisorjobs_error_tallies",
          "advisorjobs_audit")  # fmt: skip
MONTH = re.compile(r"_(\d{4}_\d\d|default)(?=_|$)")
MOST_ROWS = 30_000
"""Rows that one node of a statement's plan may read."""


@dataclass(frozen=True, slots=True)
class Scan:
    """`rows`: all that it read, shown or not, in all its executions; `most`: in one statement. `pages`: with its index's."""

    table: str
    kind: str
    index: str
    rows: int
    pages: int
    times: int
    most: int


def scans(plans: Iterable[Mapping[str, Any]]) -> list[Scan]:
    """Each scan of a large table that ran; those of one index added up, partitions counting as their table."""
    added: dict[tuple[str, str, str], list[int]] = {}
    for plan in plans:
        for node in nodes(plan["Plan"]):
            table = MONTH.sub("", node.get("Relation Name", ""))
            if table not in TABLES or not node["Actual Loops"]:
                continue
            removed = sum(count for name, count in node.items() if name.startswith("Rows Removed by"))
            read = (node["Actual Rows"] + removed) * node["Actual Loops"]
            pages = node.get("Shared Hit Blocks", 0) + node.get("Shared Read Blocks", 0)
            index = MONTH.sub("", node.get("Index Name") or index_below(node))
            total = added.setdefault((table, node["Node Type"], index), [0, 0, 0, 0])
            for place, value in enumerate((read, pages, node["Actual Loops"])):
                total[place] += int(value)
            total[3] = max(total[3], int(read))
    return [Scan(*key, *total) for key, total in sorted(added.items())]


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def index_below(node: Mapping[str, Any]) -> str:
    """The indexes whose bitmaps a heap scan reads."""
    return " and ".join(sorted({each["Index Name"] for each in nodes(node) if "Index Name" in each}))


def too_much(found: Iterable[Scan]) -> list[Scan]:
    """Those that read more in one statement than it may, or a table from end to end; an empty partition is no table."""
    return [scan for scan in found if scan.most > MOST_ROWS or (scan.kind == "Seq Scan" and scan.rows)]


def summary(found: Iterable[Scan]) -> str:
    """A line for each scan."""
    return "".join(
        f"    {scan.rows:>7} rows {scan.pages:>6} pages {scan.times:>5}x  {scan.kind} of {scan.table}"
        f"{f' by {scan.index}' if scan.index else ''}\n"
        for scan in found
    )
