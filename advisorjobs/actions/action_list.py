"""The actions on many jobs, as people look through them: the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from advisorjobs.actions.calling import action
from advisorjobs.actions.permission import VIEWER
from advisorjobs.actor import Actor
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement
from advisorjobs.environment import did_you_mean
from advisorjobs.errors import SettingsError

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["STATES", "ActionListCalls", "ActionPage", "ListedAction"]

STATES = ("proposed", "running", "done", "cancelled")
"""By which lists are chosen; a stalled one is among those that are running."""

LARGEST_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAction:
    """An action on many jobs, in short: see BulkAction. `queue`, `name`, `of_organization`: of its filter, as far as it names
    them; `narrowed`: it asks for more than these. None: there is no filter.
    """

    id: int
    state: str
    action: str
    priority: int | None
    undoes: int | None
    selected: int | None
    queue: str | None
    name: str | None
    of_organization: str | None
    narrowed: bool | None
    by: str
    via: str
    why: str | None
    organization_id: str | None
    expected: int
    expected_more: bool
    share: float | None
    done: int
    refused: int
    proposed_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    job_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPage:
    """The newest first. `older`: the number before which the next page begins; None: this is the last."""

    actions: tuple[ListedAction, ...]
    older: int | None


class ActionListCalls:
    """Whoever belongs to an organization sees those of its own people."""

    app: App
    actor: Actor

    @action(VIEWER, own=True)
    def list_actions(
        self, *, state: str | None = None, before: int | None = None, limit: int = 50
    ) -> Operation[ActionPage]:
        """A page of the actions in *state* (one of STATES; None: in any), of those with a number below *before*."""
        if state is not None and state not in STATES:
            raise SettingsError("state", state, f"is none of an action{did_you_mean(state, STATES)}")
        most = max(1, min(limit, LARGEST_PAGE))
        values = {"own": self.actor.organization_id, "state": state, "before": before, "most": most + 1}
        return operation("list actions", statement("list_actions"), values, lambda rows: _page(rows, most))


def _page(rows: Sequence[Row], most: int) -> ActionPage:
    listed = tuple(ListedAction(**row) for row in rows[:most])
    return ActionPage(actions=listed, older=listed[-1].id if len(rows) > most else None)
