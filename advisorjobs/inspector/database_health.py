"""How the database is: what our tables take, whether dead rows are cleaned, who holds that back, who is connected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from advisorjobs.calls import Steps, long_call
from advisorjobs.database.operation import Row, only, operation
from advisorjobs.database.statement import statement
from advisorjobs.finding import Finding
from advisorjobs.inspector.cleaning import cleaning_findings

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["DatabaseCalls", "DatabaseHealth", "Holder", "Index", "Sessions", "Slot", "SlowQuery", "Table"]

MOST_TABLES = 200
MOST_INDEXES = 25
MOST_HOLDERS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """By the system's statistics; bytes. `part_of`, `bounds`: a partition. `dead_share` of all rows, None without any."""

    name: str
    part_of: str | None
    bounds: str | None
    table_bytes: int
    index_bytes: int
    living: int
    dead: int
    dead_share: float | None
    vacuumed_at: datetime | None
    analyzed_at: datetime | None
    vacuums: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One of the largest; `scans` since statistics were reset, None where none are kept. Not `valid`: of a failed build."""

    name: str
    of_table: str
    bytes: int
    scans: int | None
    valid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """What keeps dead rows from being cleaned: `kind` session, prepared transaction, replication slot or standby.

    `seconds` since it began, None where it has no beginning; `transactions` begun since. `doing`: its statement's first word.
    """

    kind: str
    name: str
    role: str | None
    application: str | None
    state: str | None
    doing: str | None
    seconds: float | None
    transactions: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A replication slot; `kept_bytes` of log are kept for it."""

    name: str
    kind: str
    active: bool
    database: str | None
    kept_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowQuery:
    """Of our own connections the statement that has run longest. `doing`: its first word."""

    pid: int
    application: str
    doing: str | None
    seconds: float
    waits_for: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Connections to this database (`all_connections`: to the server), of those `allowed`."""

    connections: int
    active: int
    idle_in_transaction: int
    all_connections: int
    allowed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseHealth:
    """Read from the system's catalogs only. `findings`: what of it wants attention, as `doctor` says it.

    `era` of the ready index, `past_eras` that wait for old transactions to end. `partitions`: of the history.
    """

    at: datetime
    server_version: str
    server_uptime: timedelta
    database_bytes: int
    sessions: Sessions
    slowest: SlowQuery | None
    tables: tuple[Table, ...]
    partitions: tuple[Table, ...]
    indexes: tuple[Index, ...]
    holders: tuple[Holder, ...]
    slots: tuple[Slot, ...]
    era: int
    past_eras: int
    findings: tuple[Finding, ...]


class DatabaseCalls:
    """The database's health."""

    app: App

    @long_call
    def read_database(self) -> Steps[DatabaseHealth]:
        """All of it. Sessions of other roles are seen by members of pg_read_all_stats only."""
        at: datetime = yield _asked("clock", {}, only)
        (sessions,) = yield _asked("read_sessions", {}, list)
        tables: list[Table] = yield _asked("read_storage", {"most": MOST_TABLES}, _tables)
        indexes: tuple[Index, ...] = yield _asked("read_index_storage", {"most": MOST_INDEXES}, _indexes)
        holders: list[Row] = yield _asked("cleaning_held_back", {}, list)
        (cleaning,) = yield _asked("cleaning_state", {}, list)
        slots: tuple[Slot, ...] = yield _asked("read_slots", {}, _slots)
        (eras,) = yield _asked("read_eras", {}, list)
        return DatabaseHealth(
            at=at,
            server_version=sessions["server_version"],
            server_uptime=timedelta(seconds=int((at - sessions["server_started_at"]).total_seconds())),
            database_bytes=sessions["database_bytes"],
            sessions=_sessions(sessions),
            slowest=_slowest(sessions),
            tables=tuple(table for table in tables if table.part_of is None),
            partitions=_newest_first(tables),
            indexes=indexes,
            holders=tuple(map(_holder, holders[:MOST_HOLDERS])),
            slots=slots,
            era=eras["era"],
            past_eras=eras["past"],
            findings=tuple(cleaning_findings(cleaning, holders)),
        )


def _asked(name: str, values: Mapping[str, Any], read: Any) -> Any:
    return operation("read_database", statement(name), values, read)


def _newest_first(tables: Sequence[Table]) -> tuple[Table, ...]:
    partitions = [table for table in tables if table.part_of is not None]
    return tuple(sorted(partitions, key=lambda table: table.name, reverse=True))


def _tables(rows: Sequence[Row]) -> list[Table]:
    return [_table(row) for row in rows]


def _table(row: Row) -> Table:
    rows = row["living"] + row["dead"]
    return Table(
        name=row["name"],
        part_of=row["part_of"],
        bounds=row["bounds"],
        table_bytes=row["table_bytes"],
        index_bytes=row["index_bytes"],
        living=row["living"],
        dead=row["dead"],
        dead_share=row["dead"] / rows if rows else None,
        vacuumed_at=row["vacuumed_at"],
        analyzed_at=row["analyzed_at"],
        vacuums=row["vacuums"],
    )


def _indexes(rows: Sequence[Row]) -> tuple[Index, ...]:
    return tuple(
        Index(
            name=row["name"],
            of_table=row["of_table"],
            bytes=row["bytes"],
            scans=row["scans"],
            valid=row["valid"],
        )
        for row in rows
    )


def _holder(row: Row) -> Holder:
    return Holder(
        kind=row["kind"],
        name=row["name"],
        role=row["role"],
        application=row["application"],
        state=row["state"],
        doing=row["doing"],
        seconds=row["seconds"],
        transactions=row["transactions"],
    )


def _slots(rows: Sequence[Row]) -> tuple[Slot, ...]:
    return tuple(
        Slot(
            name=row["name"],
            kind=row["kind"],
            active=row["active"],
            database=row["database"],
            kept_bytes=row["kept_bytes"],
        )
        for row in rows
    )


def _sessions(row: Row) -> Sessions:
    return Sessions(
        connections=row["connections"],
        active=row["active"],
        idle_in_transaction=row["idle_in_transaction"],
        all_connections=row["all_connections"],
        allowed=row["allowed"],
    )


def _slowest(row: Row) -> SlowQuery | None:
    if row["pid"] is None:
        return None
    return SlowQuery(
        pid=row["pid"],
        application=row["application"],
        doing=row["doing"],
        seconds=row["seconds"],
        waits_for=row["wait_event"],
    )
