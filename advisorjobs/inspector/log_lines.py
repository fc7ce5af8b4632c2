"""What a job's runs have said while they ran."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["LogLine", "LogLineCalls"]

MOST = 1000
"""Lines that are read at once: of the newest runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A line of log. `run`: the number of the run that said it; `no`: its place in that run, from 1 on; `at`: by the worker's
    clock; `level`: info, warning or error; `text`: None where values were not asked for."""

    run: int
    no: int
    at: datetime
    level: str
    text: str | None


class LogLineCalls:
    """Lines of log, as job functions have said them."""

    app: App

    @call
    def read_log_lines(
        self, job_id: int, *, run: int | None = None, organization_id: str | None = None, values: bool = False
    ) -> Operation[list[LogLine]]:
        """What run number *run* of the job has said, or (None) all its runs: at most 1000 lines, of the newest runs.

        A run keeps its first 200 lines; the next says how many more there were. *values*: with the text, which may hold
        a client's data. *organization_id*: only if the job is that organization's.
        """
        given = {"job": job_id, "run": run, "organization": organization_id, "values": values, "most": MOST}
        return operation("read_log_lines", statement("list_log_lines"), given, _lines)


def _lines(rows: Sequence[Row]) -> list[LogLine]:
    return [
        LogLine(run=row["run_no"], no=row["no"], at=row["at"], level=row["level"], text=row["text"]) for row in rows
    ]
