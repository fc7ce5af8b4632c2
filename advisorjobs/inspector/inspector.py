"""The inspector: what people look at beside what manager and tracker answer."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from advisorjobs.calls import Awaiting, Blocking
from advisorjobs.inspector.changes import ChangeCalls
from advisorjobs.inspector.job_account import JobAccountCalls
from advisorjobs.inspector.job_search import JobSearchCalls
from advisorjobs.inspector.schedule_runs import ScheduleRunCalls
from advisorjobs.inspector.waiting_calls import WaitingCalls

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["BlockingInspector", "Inspector"]


class InspectorCalls(ChangeCalls, JobAccountCalls, JobSearchCalls, ScheduleRunCalls, WaitingCalls):
    """The calls of both inspectors. *organization_id* None: all organizations; else what is that organization's only."""

    app: App


class BlockingInspector(Blocking, InspectorCalls):
    """The inspector's calls for blocking code, in any thread."""


class Inspector(Awaiting, InspectorCalls):
    """The inspector's calls, awaited; `.sync` has the same ones for blocking code."""

    @functools.cached_property
    def sync(self) -> BlockingInspector:
        """The same calls, blocking."""
        return BlockingInspector(self.app)
