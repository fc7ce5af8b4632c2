"""What people do to many jobs: looked at first, confirmed, carried out in the background, with what could not be done."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from advisorjobs.actions.calling import action
from advisorjobs.actions.job_actions import checked_priority
from advisorjobs.actions.permission import ADMIN, OPERATOR, VIEWER
from advisorjobs.actor import Actor
from advisorjobs.bulk_calls import CLEANABLE
from advisorjobs.database.operation import Operation, Row, only, operation
from advisorjobs.database.statement import statement
from advisorjobs.environment import did_you_mean
from advisorjobs.errors import SettingsError
from advisorjobs.inspector.job_filter import JobFilter

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["BULK", "BulkAction", "BulkActionCalls", "Refusal"]

BULK = {"retry": ("failed",), "cancel": ("waiting", "delayed", "active"), "promote": ("delayed",)}
BULK["priority"] = ("waiting", "delayed")
"""Actions on many jobs, and the states in which jobs can be changed so."""

MOST_SELECTED = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A job that was not changed, and why: one of REASONS."""

    job_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAction:
    """`state`: proposed (nothing has happened), running, stalled (its job has ended before it), done or cancelled.

    `waits`: the job that carries it out waits for a worker. `expected`: how many jobs there were to change when it was
    proposed, or (`expected_more`) at least so many, among the first `looked`. `selected`: how many were chosen one by one;
    None: those of `filter`, in which what payloads and errors must say is told to nobody but who proposed it, and to nobody
    once it has ended. `share`: the part of all jobs that it has gone through, 0 to 1; None: it doesn't go through all. `looked`
    and `share` count everybody's jobs: people of an organization are told neither. `audit_id`: of the log's row, by which
    it can be undone.
    """

    id: int
    state: str
    action: str
    priority: int | None
    undoes: int | None
    filter: dict[str, Any] | None
    selected: int | None
    by: str
    via: str
    why: str | None
    organization_id: str | None
    expected: int
    expected_more: bool
    looked: int | None = None
    proposed_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    job_id: int | None
    done: int
    refused: int
    share: float | None = None
    waits: bool = False
    audit_id: int | None
    undone_by: int | None


class BulkActionCalls:
    """An action is proposed, which looks how many jobs there are; then confirmed, within an hour.

    What is met has fitted since before the confirmation. Up to 500 jobs chosen one by one are changed at once, others by
    the job maintenance:bulk_action, in steps.
    """

    app: App
    actor: Actor

    @action(OPERATOR, own=True)
    def propose(
        self,
        what: str,
        *,
        jobs: Collection[int] | None = None,
        wanted: JobFilter | None = None,
        states: Collection[str] = (),
        priority: int | None = None,
    ) -> Operation[int]:
        """Proposes to retry, cancel, promote or change the priority of *jobs*, or of those that are *wanted*; its number.

        *states*: of those of the action (BULK), where *wanted* names no status; empty: each of them.
        """
        if what not in BULK:
            raise SettingsError("action", what, f"is none{did_you_mean(what, tuple(BULK))}")
        if (jobs is None) is (wanted is None):
            raise SettingsError("jobs", None, "name jobs, or a filter")
        if (priority is None) is (what == "priority"):
            raise SettingsError("priority", priority, "must be given for the action priority, and for no other")
        arguments = {} if priority is None else {"priority": checked_priority(priority)}
        chosen = None if wanted is None else checked_filter(wanted, states, what, self.app.known_queue)
        return _propose(what, arguments, chosen, None if jobs is None else _checked_ids(jobs))

    @action(ADMIN)
    def propose_cleaning(self, queue: str, state: str, before: datetime) -> Operation[int]:
        """Proposes to take the jobs of *queue* that have been in *state* since before a moment out of lists and counts."""
        if state not in CLEANABLE:
            raise SettingsError("state", state, f"is none to clean{did_you_mean(state, CLEANABLE)}")
        if before.tzinfo is None:
            raise SettingsError("before", str(before), "must have a time zone")
        wanted = {"queue": self.app.known_queue(queue), "state": state, "before": before.isoformat()}
        return _propose("clean", {}, wanted, None)

    @action(OPERATOR, own=True)
    def confirm(self, action_id: int, why: str | None = None) -> Operation[bool]:
        """Carries out what was proposed. False: it isn't proposed any more, or there is none.

        Raises ActionRefused where it was proposed over an hour ago.
        """
        values = {"id": action_id, "why": why or None}
        return operation("confirm action", statement("confirm_action"), values, only)

    @action(OPERATOR, own=True)
    def cancel_action(self, action_id: int) -> Operation[bool]:
        """Stops it; what is done stays done. False: it has ended, or there is none."""
        return operation("cancel action", statement("cancel_action"), {"id": action_id}, only)

    @action(OPERATOR, own=True)
    def resume_action(self, action_id: int) -> Operation[bool]:
        """Lets a stalled one go on from where it stopped. False: it isn't stalled, or there is none."""
        return operation("resume action", statement("resume_action"), {"id": action_id}, only)

    @action(VIEWER, own=True)
    def read_action(self, action_id: int) -> Operation[BulkAction | None]:
        """How it stands; None: there is none, or it is somebody else's."""
        values = {"id": action_id, "own": self.actor.organization_id, "asking": _as_proposer(self.actor)}
        return operation("read action", statement("read_action"), values, _actions_first)

    @action(VIEWER, own=True)
    def read_refusals(self, action_id: int, after: int = 0, limit: int = 100) -> Operation[tuple[Refusal, ...]]:
        """What it could not do, by number: a page after job *after*. The first thousand of an action are kept."""
        values = {"id": action_id, "own": self.actor.organization_id, "after": after, "most": max(1, min(limit, 1000))}
        return operation(
            "read refusals",
            statement("read_action_refusals"),
            values,
            lambda rows: tuple(Refusal(**row) for row in rows),
        )


def checked_filter(
    wanted: JobFilter, states: Collection[str], what: str, known_queue: Callable[[str], str]
) -> dict[str, Any]:
    """*wanted* as migrations/functions/bulk_filters.sql reads it. Raises SettingsError, UnknownJob for what can't be used."""
    asked = [*states] if wanted.status is None else [wanted.status.value]
    for state in asked:
        if state not in BULK[what]:
            rule = f"{what} changes jobs that are {' or '.join(BULK[what])}, and none that is {state[:30]}"
            raise SettingsError("state", state[:30], rule)
    if wanted.queue is not None:
        known_queue(wanted.queue)
    said: dict[str, Any] = json.loads(wanted.wanted())
    for name in ("status", "payload"):
        said.pop(name, None)
    if "organization" in said:
        said["organization_id"] = said.pop("organization")
    if wanted.id is not None:
        said["id"] = wanted.id
    return {**said, "states": asked} if asked else said


def _checked_ids(jobs: Collection[int]) -> list[int]:
    if not 1 <= len(jobs) <= MOST_SELECTED:
        raise SettingsError("jobs", len(jobs), f"must be 1 to {MOST_SELECTED} jobs: use a filter for more")
    if not all(isinstance(job, int) and 0 < job < 2**63 for job in jobs):
        raise SettingsError("jobs", None, "must be numbers of jobs")
    return list(jobs)


def _as_proposer(actor: Actor) -> str | None:
    """*actor* as an action keeps who proposed it; None: they have a role of the dashboard that may propose none."""
    if actor.role == VIEWER:
        return None
    said = {"via": actor.via, "by": actor.by, "organization_id": actor.organization_id}
    return json.dumps({name: value for name, value in said.items() if value is not None})


def _propose(
    what: str, arguments: Mapping[str, Any], chosen: Mapping[str, Any] | None, jobs: list[int] | None
) -> Operation[int]:
    values = {
        "action": what,
        "arguments": json.dumps(arguments),
        "filter": None if chosen is None else json.dumps(chosen),
        "jobs": jobs,
    }
    return operation(f"propose {what}", statement("propose_action"), values, only)


def _actions_first(rows: Sequence[Row]) -> BulkAction | None:
    if not rows:
        return None
    row = dict(rows[0])
    for name in ("filter",):
        row[name] = json.loads(row[name]) if isinstance(row[name], str) else row[name]
    return BulkAction(**row)
