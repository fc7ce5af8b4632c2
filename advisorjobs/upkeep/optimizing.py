"""Tending the tables: measured, decided, done, measured again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from advisorjobs.application import the_app
from advisorjobs.database.tending import Tending, tending
from advisorjobs.environment import did_you_mean
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.upkeep.tables import Index, Table, index_work, table_work

__all__ = ["optimize"]

VIEWS = {"job_executions": "advisorjobs_runs"}
"""Names that people know -> the table that they mean."""

RESERVE = 60.0
"""Seconds before the job's time limit after which nothing is begun any more."""

LONG = 600.0
"""Seconds that a transaction must have been open before the report names it as what keeps rows from being cleaned."""


def optimize(
    tables: Sequence[str] | None,
    *,
    dry_run: bool,
    deadline: datetime,
    tell: Callable[[int, int, str], object] = lambda done, total, note: None,
) -> dict[str, Any]:
    """Vacuums, analyzes and reindexes what wants it, of *tables* or of all; *dry_run*: says only what it would do.

    *deadline*: the job's, with its time zone. *tell* gets (done, total, table) of the tables. Blocking. JobError
    `validation` for a table that is none of AdvisorJobs' or the practice's.
    """
    app = the_app()
    with tending(app.settings.direct_url or app.dsn) as tools:
        measured = [Table(**row) for row in tools.rows("measure_tables")]
        chosen = _chosen(measured, tables)
        own = [each for each in chosen if each.permitted]
        this_round = Round(tools, deadline, dry_run=dry_run)
        held_back_by = list(_held_back(tools))
        for number, table in enumerate(own):
            tell(number, len(own), table.name)
            this_round.tend(table)
    return {
        "dry_run": dry_run,
        "looked_at": len(own),
        "not_permitted": [each.name for each in chosen if not each.permitted],
        "held_back_by": held_back_by,
        **this_round.report,
    }


class Round:
    """One round over the tables. `report`: what was done (a dry run: would be), was busy, or found no time any more."""

    def __init__(self, tools: Tending, deadline: datetime, *, dry_run: bool) -> None:
        self.tools = tools
        self.deadline = deadline
        self.dry_run = dry_run
        self.report: dict[str, list[dict[str, Any]]] = {"done": [], "busy": [], "out_of_time": []}

    def tend(self, table: Table) -> None:
        """The table, then its indexes, whose statistics are new by then."""
        work = table_work(table)
        if work is not None:
            figures = {"dead": table.dead, "living": table.living, "modified": table.modified}
            entry = self._do(work, self._act_of(work), table, figures)
            if entry is not None:
                (entry["bytes_after"],) = [each.bytes for each in self._tables() if each.name == table.name]
        for index in self._indexes(table):
            self._mend(table, index)

    def _mend(self, table: Table, index: Index) -> None:
        work = index_work(index)
        if work is None:
            return
        figures = {"table": table.name, "estimated_bytes": int(index.estimated_bytes or 0)}
        entry = self._do(work, self._act_of(work), index, figures)
        if work == "reindex" and entry is not None:
            entry["bytes_after"] = self.tools.index_size(index.schema, index.name)
        elif (
            work == "reindex" and not self.dry_run
        ):  # what was broken off leaves half an index; busy too: the next run's
            for each in self._indexes(table):
                if each.left_over:
                    self.tools.drop_index(each.schema, each.name)

    def _do(
        self, work: str, act: Callable[[str, str], bool], what: Table | Index, figures: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """The report's entry, where something was done."""
        entry: dict[str, Any] = {"work": work, "name": what.name, "bytes_before": what.bytes, **figures}
        if self.dry_run:
            self.report["done"].append(entry)
            return None
        left = (self.deadline - datetime.now(UTC)).total_seconds() - RESERVE
        if left <= 0:
            self.report["out_of_time"].append(entry)
            return None
        self.tools.limit(left)
        done = act(what.schema, what.name)
        self.report["done" if done else "busy"].append(entry)
        return entry if done else None

    def _act_of(self, work: str) -> Callable[[str, str], bool]:
        acts = {
            "vacuum": self.tools.vacuum,
            "analyze": self.tools.analyze,
            "reindex": self.tools.reindex,
            "drop": self.tools.drop_index,
        }
        return acts[work]

    def _tables(self) -> list[Table]:
        return [Table(**row) for row in self.tools.rows("measure_tables")]

    def _indexes(self, table: Table) -> list[Index]:
        rows = self.tools.rows("measure_indexes", schema=table.schema, tables=[table.name])
        return [Index(**row) for row in rows]


def _chosen(measured: Sequence[Table], names: Sequence[str] | None) -> list[Table]:
    if names is None:
        return list(measured)
    wanted = {VIEWS.get(name, name) for name in names}
    known = {each.name for each in measured} | {each.part_of for each in measured}
    _refuse_unknown(wanted, known)
    return [each for each in measured if {each.name, each.part_of} & wanted]


def _refuse_unknown(wanted: Collection[str], known: Collection[str]) -> None:
    for name in sorted(wanted):
        if name not in known:
            offer = did_you_mean(name, sorted(known))
            raise JobError(
                ErrorCode.VALIDATION,
                f"{name!r} is no table of AdvisorJobs' or the practice's{offer}; others are not touched",
            )


def _held_back(tools: Tending) -> Iterator[dict[str, Any]]:
    """Who keeps dead rows from being cleaned away; while they do, a vacuum helps little."""
    for row in tools.rows("cleaning_held_back"):
        if (row["seconds"] or LONG) >= LONG and not row["catalog_only"]:
            yield {name: row[name] for name in ("kind", "name", "application", "state", "doing", "seconds")}
