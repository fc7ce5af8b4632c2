"""The composition root: settings, queue table and job modules become a procrastinate App whose workers are ours."""

from __future__ import annotations

import atexit
import contextlib
import functools
import logging
import pkgutil
import threading
from typing import TYPE_CHECKING, Any, TypeVar, cast

import procrastinate
from procrastinate import blueprints, builtin_tasks, exceptions, jobs, tasks

from advisorjobs.catalogue import Catalogue
from advisorjobs.connector import Connector
from advisorjobs.database.operation import Operation
from advisorjobs.database.runner import AsyncRunner, BlockingRunner
from advisorjobs.deferrer import Deferrer, quieten
from advisorjobs.enqueue import Enqueuer
from advisorjobs.environment import did_you_mean
from advisorjobs.errors import MissingExtra
from advisorjobs.job_manager import JobManager
from advisorjobs.published import KeptRate, publish
from advisorjobs.queues import WORKER_TYPES, known_queue
from advisorjobs.settings import Settings
from advisorjobs.task import JobFunction
from advisorjobs.telemetry_settings import Telemetry
from advisorjobs.tenancy.redaction import redact

if TYPE_CHECKING:
    from procrastinate import worker

    from advisorjobs.calls import Steps
    from advisorjobs.schema import SchemaManager
    from advisorjobs.tracing.enqueuing import EnqueuingTracer

__all__ = ["App", "the_app"]

log = logging.getLogger(__name__)
R = TypeVar("R")


class App(procrastinate.App):
    """procrastinate's App on our engine. Composed once per process, at first use; opens connections only when used.

    `settings` and `catalogue` are what everything else is built from; `run_async` and `run` carry operations out.
    """

    job_manager: JobManager

    def __init__(self, settings: Settings) -> None:
        redact(f"procrastinate.{module.name}" for module in pkgutil.iter_modules(procrastinate.__path__))
        self.settings = settings
        self._awaited = AsyncRunner(lambda: self.dsn, prepare=settings.prepared_statements)
        self._blocking = BlockingRunner(lambda: self.dsn, prepare=settings.prepared_statements)
        self.own_connector = Connector(self._awaited, self._blocking)
        self._job_types_registered = False
        self._registering = threading.RLock()
        super().__init__(connector=self.own_connector)
        self.job_manager = JobManager(self)
        self.tracer = enqueuing_tracer(settings.telemetry)
        self.enqueuer = Enqueuer(lambda: self.catalogue, self._plain_queue, self.known_queue, self.tracer)

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

    async def run_async(self, operation: Operation[R]) -> R:
        """Carries *operation* out, awaited; see AsyncRunner.run."""
        if operation.span is None:
            return await self._awaited.run(operation)
        with operation.span:
            return await self._awaited.run(operation)

    def run(self, operation: Operation[R]) -> R:
        """Carries *operation* out, blocking; see BlockingRunner.run."""
        if operation.span is None:
            return self._blocking.run(operation)
        with operation.span:
            return self._blocking.run(operation)

    async def run_steps_async(self, steps: Steps[R]) -> R:
        """Carries out what *steps* yields, one after the other, awaited."""
        read = None
        while True:
            try:
                step = steps.send(read)
            except StopIteration as end:
                return cast("R", end.value)
            read = await self.run_async(step)

    def run_steps(self, steps: Steps[R]) -> R:
        """Carries out what *steps* yields, one after the other, blocking."""
        read = None
        while True:
            try:
                step = steps.send(read)
            except StopIteration as end:
                return cast("R", end.value)
            read = self.run(step)

    def publish(self, connection: Any = None) -> None:
        """Tells the database of queues and job types: `migrate` calls it with its connection."""
        self.run(self.publication(connection))

    async def publish_async(self) -> None:
        """As `publish`: a worker calls it when it starts. Logs limits that people changed to others than the table's."""
        for kept in await self.run_async(self.publication()):
            log.info("%s", kept)

    def publication(self, connection: Any = None) -> Operation[list[KeptRate]]:
        """The operation that tells the database of queues and job types."""
        self.perform_import_paths()
        plain = {name: task.queue for name, task in self.tasks.items() if name not in self.catalogue}
        return publish(self.catalogue, plain, connection)

    def perform_import_paths(self) -> None:
        """Imports all job modules; their jobs are in `tasks` then, beside procrastinate's plain ones."""
        super().perform_import_paths()  # type: ignore[no-untyped-call]
        with self._registering:
            if not self._job_types_registered:
                for job_type in self.catalogue.functions().values():
                    self._register_task(_as_task(job_type, self))
                self._job_types_registered = True

    def known_queue(self, name: str) -> str:
        """*name*, if it is a queue of the table or of a task. Raises UnknownJob with the nearest."""
        if name not in WORKER_TYPES["all"]:
            self.perform_import_paths()
            declared = {each.queue for each in self.catalogue.values()}
            if name in declared or name in {task.queue for task in self.tasks.values()}:
                return name
        return known_queue(name)

    def configure_task(self, name: str, *, allow_unknown: bool = True, **options: Any) -> jobs.JobDeferrer:
        """As procrastinate's; jobs of ours are known too. Raises TaskNotFound with the nearest name."""
        self.perform_import_paths()
        known = {**self.tasks, **self.catalogue}
        if not allow_unknown and name not in known:
            raise exceptions.TaskNotFound(f"there is no task {name!r}{did_you_mean(name, known)}")
        if name not in self.tasks and name in self.catalogue:  # only declared: procrastinate doesn't know its queue
            options["queue"] = options.get("queue") or self.catalogue[name].queue
            allow_unknown = True
        return Deferrer.of(super().configure_task(name, allow_unknown=allow_unknown, **options))

    def add_tasks_from(self, blueprint: blueprints.Blueprint, *, namespace: str) -> None:
        """As procrastinate's."""
        super().add_tasks_from(blueprint, namespace=namespace)
        for task in blueprint.tasks.values():
            quieten(task)

    @property
    def schema_manager(self) -> SchemaManager:
        """Applies our migrations."""
        from advisorjobs.schema import SchemaManager

        return SchemaManager(self)

    async def run_worker_async(self, **options: Any) -> None:
        """A full worker of ours with procrastinate's options; see `engine/` for what each means here."""
        if self.connector is not self.own_connector:
            await super().run_worker_async(**options)
            return
        from advisorjobs.engine.assembly import run_worker

        await run_worker(self, options)

    def _worker(self, **options: Any) -> worker.Worker:
        """procrastinate's own worker, for tests on its in-memory connector."""
        made = super()._worker(**options)
        redact([made.logger.name])
        return made

    def _register_task(self, task: tasks.Task[Any, Any, Any]) -> None:
        super()._register_task(task)
        quieten(task)

    def _register_builtin_tasks(self) -> None:
        """procrastinate's own, whose one task all apps of a process share: each would put its namespace before it anew."""
        task = builtin_tasks.remove_old_jobs
        task.name, task.aliases = task.full_path, []
        builtin_tasks.builtin.tasks = {task.name: task}
        super()._register_builtin_tasks()

    def _check_stack(self) -> None:
        """procrastinate warns of apps that are defined in __main__; ours never is."""

    def _plain_queue(self, name: str) -> str | None:
        self.perform_import_paths()
        task = self.tasks.get(name)
        return task.queue if task is not None else None


def enqueuing_tracer(telemetry: Telemetry) -> EnqueuingTracer | None:
    """What makes the spans of enqueueing; None where nothing is traced. Raises MissingExtra where traces were asked for in so
    many words."""
    if not telemetry.tracing:
        return None
    try:
        from advisorjobs.tracing.enqueuing import EnqueuingTracer

        return EnqueuingTracer()
    except ModuleNotFoundError as error:
        if telemetry.insisted:
            raise MissingExtra("tracing", error.name or "opentelemetry") from error
        log.info("OTEL_EXPORTER_OTLP_ENDPOINT is set, but nothing is traced: the extra `tracing` is not installed")
        return None


def _as_task(job_type: JobFunction[Any, Any], app: App) -> tasks.Task[Any, Any, Any]:
    """*job_type* as procrastinate lists and defers it. Our engine runs it by the catalogue."""
    return tasks.Task(job_type.function, blueprint=app, name=job_type.name, queue=job_type.queue or "default")


@functools.cache
def the_app() -> App:
    """The process's app, from the environment. Raises SettingsError for a setting that can't be used."""
    return App(Settings.from_environment())
