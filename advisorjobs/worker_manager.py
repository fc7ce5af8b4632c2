"""The worker manager: who works now."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from advisorjobs.calls import Awaiting, Blocking, call
from advisorjobs.database.operation import Operation, operation
from advisorjobs.database.statement import statement
from advisorjobs.health import HealthStatus, read_health

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["BlockingWorkerManager", "WorkerManager", "get_worker_manager"]


class WorkerCalls:
    """The calls of both managers."""

    app: App

    @call
    def get_health_status(self, *, connection: Any = None) -> Operation[HealthStatus]:
        """Whether any worker lives, and who serves each queue: by the leases in the database, wherever they run."""
        return operation("get_health_status", statement("get_health_status"), {}, read_health, connection)


class BlockingWorkerManager(Blocking, WorkerCalls):
    """The worker manager's calls for blocking code, in any thread."""


class WorkerManager(Awaiting, WorkerCalls):
    """The worker manager's calls, awaited; `.sync` has the same ones for blocking code."""

    @functools.cached_property
    def sync(self) -> BlockingWorkerManager:
        """The same calls, blocking."""
        return BlockingWorkerManager(self.app)


@functools.cache
def get_worker_manager() -> WorkerManager:
    """The process's worker manager. Opens nothing until it is used."""
    from advisorjobs.application import the_app

    return WorkerManager(the_app())
