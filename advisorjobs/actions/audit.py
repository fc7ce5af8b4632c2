"""The audit log as people read it: who did what, when, why, and what it changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from advisorjobs.actions.calling import action
from advisorjobs.actions.permission import OPERATOR, VIEWER, is_undoable
from advisorjobs.actor import Actor
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement
from advisorjobs.errors import ActionRefused
from advisorjobs.rates import parse_rate, rate_text

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["AuditCalls", "AuditEntry", "AuditFilter", "AuditPage", "Change", "Undone"]

LARGEST_PAGE = 200
FOLDED = frozenset({"payload", "since", "paused_by", "changed"})
"""What tells states apart for programs, and nothing that the entry itself doesn't say."""

MOMENTS = frozenset({"until", "closed_until", "scheduled_at", "start_at", "end_at", "before"})
RATES = frozenset({"rate", "organization_rate"})
USUAL = {"jitter": "00:00:00", "missed": "once", "missed_cap": 100, "overlap": "allow"}
"""What a new schedule has unless somebody wants it otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that differs. None: there was, or is, none."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """`via`: dashboard, api, command, python or sql; `role`: of the dashboard. `subject`: the number or name of a
    `subject_kind` (job, jobs, queue, organization, key, schedule, action …). `count`: how many jobs. `undoes`, `undone_by`:
    other entries; `undoable`: whether it may be tried: it is refused where something has changed since.
    """

    id: int
    at: datetime
    by: str
    role: str | None
    via: str
    database_user: str
    action: str
    subject_kind: str
    subject: str
    organization_id: str | None
    job_ids: tuple[int, ...]
    why: str | None
    changes: tuple[Change, ...]
    count: int | None
    undoes: int | None
    undone_by: int | None
    part_of: int | None
    undoable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """All that are given must hold."""

    since: datetime | None = None
    until: datetime | None = None
    by: str | None = None
    action: str | None = None
    subject_kind: str | None = None
    subject: str | None = None
    organization_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """The newest first. `older`: the cursor of the next page; None: this is the last."""

    entries: tuple[AuditEntry, ...]
    older: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """`action_id`: the action on many jobs that takes it back; None: it is done. `audit_id`: the log's new row."""

    action_id: int | None
    audit_id: int | None


class AuditCalls:
    """Pages leave out the steps of actions on many jobs; what concerns one job has them."""

    app: App
    actor: Actor

    @action(VIEWER)
    def read_audit(
        self, wanted: AuditFilter | None = None, *, after: str | None = None, limit: int = 50
    ) -> Operation[AuditPage]:
        """A page of the log. *after*: the cursor that the page before gave. Raises ActionRefused for another text."""
        wanted = wanted or AuditFilter()
        most = max(1, min(limit, LARGEST_PAGE))
        values = {name: getattr(wanted, name) for name in wanted.__slots__}
        at, last = _place(after)
        return operation(
            "read_audit",
            statement("read_audit"),
            {**values, "at": at, "id": last, "most": most + 1},
            lambda rows: _page(rows, most),
        )

    @action(OPERATOR, own=True)
    def read_job_audit(self, job_id: int, limit: int = 20) -> Operation[tuple[AuditEntry, ...]]:
        """What people did to one job, the newest first. Whoever belongs to an organization sees their own only."""
        values = {"job_id": job_id, "own": self.actor.organization_id, "most": max(1, min(limit, LARGEST_PAGE))}
        return operation("read_job_audit", statement("read_job_audit"), values, lambda rows: tuple(map(_entry, rows)))

    @action(VIEWER)
    def read_audit_entry(self, audit_id: int) -> Operation[AuditEntry | None]:
        """One row of the log; None where there is none."""
        values = {"id": audit_id}
        read = statement("read_audit_entry")
        return operation("read_audit_entry", read, values, lambda rows: _entry(rows[0]) if rows else None)

    @action(OPERATOR)
    def undo(self, audit_id: int) -> Operation[Undone]:
        """Takes back what a row of the log tells of. Raises ActionRefused where that is not possible (any more)."""
        return operation("undo", statement("undo"), {"id": audit_id}, _undone)


def changes_of(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[Change, ...]:
    """What differs between two states, in the order of its names."""
    before, after = before or {}, after or {}
    names = sorted((before.keys() | after.keys()) - FOLDED)
    if not before:
        after = {name: value for name, value in after.items() if USUAL.get(name) != value}
    return tuple(
        Change(field=name, before=shown(name, before.get(name)), after=shown(name, after.get(name)))
        for name in names
        if before.get(name) != after.get(name)
    )


def shown(field: str, value: Any) -> Any:
    """*value* as people and programs read it: moments as such, rates as elsewhere."""
    if value is None or not isinstance(value, str):
        return value
    if field in MOMENTS:
        return datetime.fromisoformat(value)
    return rate_text(parse_rate(value)) if field in RATES else value


def _page(rows: Sequence[Row], most: int) -> AuditPage:
    entries = tuple(map(_entry, rows[:most]))
    last = entries[-1] if len(rows) > most else None
    return AuditPage(entries=entries, older=f"{last.at.isoformat()}~{last.id}" if last else None)


def _place(cursor: str | None) -> tuple[datetime | None, int | None]:
    if cursor is None:
        return None, None
    moment, _, number = cursor.partition("~")
    try:
        at, last = datetime.fromisoformat(moment), int(number)
    except ValueError:
        at, last = None, 0
    if at is None or at.tzinfo is None or not 0 <= last < 2**63:
        raise ActionRefused("after: must be the cursor that the page before gave")
    return at, last


def _entry(row: Row) -> AuditEntry:
    before, after = _state(row["before"]), _state(row["after"])
    many = row["subject_kind"] == "jobs"  # before holds one value for each job then, for programs
    plain = {name: row[name] for name in AuditEntry.__slots__ if name in row}
    return AuditEntry(
        **{**plain, "job_ids": tuple(row["job_ids"] or ())},
        changes=changes_of({} if many else before, after),
        undoable=row["undone_by"] is None
        and row["undoes"] is None
        and row["part_of"] is None
        and is_undoable(row["subject_kind"], row["action"]),
    )


def _state(value: Any) -> Mapping[str, Any] | None:
    state: Mapping[str, Any] | None = json.loads(value) if isinstance(value, str) else value
    return state


def _undone(rows: Sequence[Row]) -> Undone:
    (row,) = rows
    return Undone(action_id=row["action_id"], audit_id=row["note"])
