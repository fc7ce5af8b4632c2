"""What has changed since somebody looked: a mark for each topic, read once a second for all who look on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["ChangeCalls", "Marks"]

Marks = Mapping[str, str]
"""By topic a text that is another one when something of the topic has changed. Topics: read_changes.sql."""


class ChangeCalls:
    """Whether it is worth looking again."""

    app: App

    @call
    def read_changes(self, jobs: Collection[int] = ()) -> Operation[Marks]:
        """The marks of all topics, "job:…" of *jobs* among them. Costs the database about a millisecond."""
        return operation("read_changes", statement("read_changes"), {"jobs": sorted(jobs)}, _marks)


def _marks(rows: Sequence[Row]) -> Marks:
    return {row["topic"]: row["mark"] for row in rows}
