"""The inspector: what people look at beside what manager and tracker answer."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from advisorjobs.calls import Awaiting, Blocking
from advisorjobs.inspector.changes import ChangeCalls
from advisorjobs.inspector.database_health import DatabaseCalls
from advisorjobs.inspector.job_account import JobAccountCalls
from advisorjobs.inspector.job_search import JobSearchCalls
from advisorjobs.inspector.limit_states import LimitStateCalls
from advisorjobs.inspector.log_lines import LogLineCalls
from advisorjobs.inspector.organization_view import OrganizationViewCalls
from advisorjobs.inspector.organizations import OrganizationCalls
from advisorjobs.inspector.overview import OverviewCalls
from advisorjobs.inspector.pace import PaceCalls
from advisorjobs.inspector.processes import ProcessCalls
from advisorjobs.inspector.queue_view import QueueViewCalls
from advisorjobs.inspector.schedule_runs import ScheduleRunCalls
from advisorjobs.inspector.series import SeriesCalls
from advisorjobs.inspector.traces import TraceCalls
from advisorjobs.inspector.waiting_calls import WaitingCalls

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["BlockingInspector", "Inspector"]


class InspectorCalls(
    ChangeCalls,
    DatabaseCalls,
    JobAccountCalls,
    JobSearchCalls,
    LimitStateCalls,
    LogLineCalls,
    OrganizationCalls,
    OrganizationViewCalls,
    OverviewCalls,
    PaceCalls,
    ProcessCalls,
    QueueViewCalls,
    ScheduleRunCalls,
    SeriesCalls,
    WaitingCalls,
    TraceCalls,
):
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
