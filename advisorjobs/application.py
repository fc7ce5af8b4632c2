"""The composition root: settings, queue table and job modules become a procrastinate App whose workers are ours."""

from __future__ import annotations

import atexit
import contextlib
import functools
from collections.abc import Iterable, Mapping
from typing import Any

import procrastinate
from procrastinate import blueprints

from advisorjobs.catalogue import Catalogue
from advisorjobs.connector import Connector
from advisorjobs.job_manager import JobManager
from advisorjobs.queues import QUEUES, WORKER_TYPES
from advisorjobs.settings import Settings
from advisorjobs.task import JobType

__all__ = ["App", "the_app"]


class App(procrastinate.App):
    """procrastinate's App on our engine. Composed once per process, at first use; opens connections only when used.

    `settings` and `catalogue` are what everything else is built from.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__(connector=Connector(lambda: self.dsn))
        self.job_manager = JobManager(self)

    @functools.cached_property
    def dsn(self) -> str:
        """Where the database is: DATABASE_URL, or the embedded server, which is then kept until the process ends."""
        from advisorjobs.database.embedded import resolve

        stack = contextlib.ExitStack()
        atexit.register(stack.close)
        return stack.enter_context(resolve(self.settings, start=False))

    @functools.cached_property
    def catalogue(self) -> Catalogue:
        """All job types; imports their modules at first use."""
        return Catalogue.load(self.settings.imports)

    def _check_stack(self) -> None:
        """procrastinate warns of apps that are defined in __main__; ours never is."""

    async def run_worker_async(self, **options: Any) -> None:
        """A full worker of ours with procrastinate's options; see `engine/` for what each means here."""
        from advisorjobs.engine.assembly import run_worker

        await run_worker(self, options)


@functools.cache
def the_app() -> App:
    """The process's app, from the environment. Raises SettingsError for a setting that can't be used."""
    return App(Settings.from_environment())
