"""All that people do, composed: for one who acts."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from advisorjobs.actions.action_list import ActionListCalls
from advisorjobs.actions.audit import AuditCalls
from advisorjobs.actions.bulk_actions import BulkActionCalls
from advisorjobs.actions.editing import EditCalls
from advisorjobs.actions.job_actions import JobActionCalls
from advisorjobs.actions.queue_actions import QueueActionCalls
from advisorjobs.actions.schedule_actions import ScheduleActionCalls
from advisorjobs.actor import Actor
from advisorjobs.calls import Awaiting, Blocking

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["Actions", "BlockingActions"]


class ActionCalls(
    JobActionCalls, EditCalls, BulkActionCalls, ActionListCalls, QueueActionCalls, ScheduleActionCalls, AuditCalls
):
    """Each is allowed by role, noted in the audit log in its own transaction, and undoable or to be confirmed before."""

    app: App
    actor: Actor


class BlockingActions(Blocking, ActionCalls):
    """What *actor* does, for blocking code, in any thread."""

    def __init__(self, app: App, actor: Actor) -> None:
        super().__init__(app)
        self.actor = actor


class Actions(Awaiting, ActionCalls):
    """What *actor* does, awaited; `.sync` has the same for blocking code."""

    def __init__(self, app: App, actor: Actor) -> None:
        super().__init__(app)
        self.actor = actor

    @functools.cached_property
    def sync(self) -> BlockingActions:
        """The same, blocking."""
        return BlockingActions(self.app, self.actor)
