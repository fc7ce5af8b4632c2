"""procrastinate's job manager on our tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procrastinate import manager

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["JobManager"]


class JobManager(manager.JobManager):
    def __init__(self, app: App) -> None:
        super().__init__(app.connector)
        self.app = app
