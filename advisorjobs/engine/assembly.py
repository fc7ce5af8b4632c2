"""Where a worker process is put together: handlers, executor, ports and the event loop's worker, from one App."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisorjobs.database.isolation import isolation_check
from advisorjobs.database.link import Link, is_passing
from advisorjobs.engine.child_messages import ChildSpec
from advisorjobs.engine.child_pool import PoolLimits
from advisorjobs.engine.child_program import named
from advisorjobs.engine.child_words import ChildWords
from advisorjobs.engine.executor import ChildExecutor
from advisorjobs.engine.handler import Handler
from advisorjobs.engine.job_handler import JobHandler, is_portable
from advisorjobs.engine.options import WorkerPlan, plan_worker
from advisorjobs.engine.plain_handler import PlainHandler, PlainOptions, is_json
from advisorjobs.engine.ports_async import AsyncPorts
from advisorjobs.engine.run_lines import RunLines
from advisorjobs.engine.telemetry import SPANS_PATIENCE, lines_heard, run_spans
from advisorjobs.engine.worker import REPLACED, Worker, WorkerSpec, worker_name
from advisorjobs.losses import Losses
from advisorjobs.monitoring.lookout import looked_out
from advisorjobs.monitoring.report import Report
from advisorjobs.periodic import periodic_keys, put_periodic
from advisorjobs.settings import effective_queue, require_services

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["StockWorker", "handlers_of", "plan_of", "run_plan", "run_worker"]

log = logging.getLogger(__name__)

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between tries at start."""


class StockWorker:
    """What procrastinate's middlewares get as the worker: the app, the worker's name and queues, and `stop()`."""

    def __init__(self, app: App, plan: WorkerPlan) -> None:
        self.app = app
        self.worker_name = plan.name
        self.queues = list(plan.slots)
        self.concurrency = sum(plan.slots.values())
        self.additional_context = dict(plan.additional_context)
        self.logger = logging.getLogger("advisorjobs.worker")
        self.ours: Worker | None = None

    def stop(self) -> None:
        """Asks for a graceful stop. May be called from any thread."""
        if self.ours is not None:
            self.ours.stop()


def plan_of(app: App, options: Mapping[str, Any]) -> WorkerPlan:
    """The plan of a worker of *app*; imports all job modules."""
    app.perform_import_paths()
    plan = plan_worker(app.settings, options, {task.queue for task in app.tasks.values()})
    require_services(app.settings, plan.slots)
    return replace(plan, name=worker_name(plan.name))


def handlers_of(app: App, plan: WorkerPlan, stock: StockWorker) -> dict[str, Handler]:
    """Every job that this process knows, by name; plain tasks by their aliases too."""
    settings = app.settings
    handlers: dict[str, Handler] = {
        name: JobHandler(job_type, effective_queue(settings, job_type.queue or "default"))
        for name, job_type in app.catalogue.functions().items()
    }
    options = PlainOptions(
        app=app,
        worker=stock,
        name=plan.name or "",
        queues=list(plan.slots),
        additional_context=plan.additional_context,
        task_middleware=plan.task_middleware,
        worker_middleware=plan.worker_middleware,
    )
    for name, task in app.tasks.items():
        if name not in handlers:
            handlers[name] = PlainHandler(name, task, effective_queue(settings, task.queue), options)
    return handlers


def child_spec(app: App, plan: WorkerPlan, *, tracing: bool = False) -> ChildSpec:
    """How the worker's child processes become able to run the blocking ones of its jobs."""
    settings = app.settings
    stock_app, _, _ = os.environ.get("PROCRASTINATE_APP", "").rpartition(".")
    return ChildSpec(
        imports=(*settings.imports, *filter(None, [stock_app])),
        dsn=app.dsn,
        prepare=settings.prepared_statements,
        worker=plan.name or "",
        queues=tuple(plan.slots),
        additional_context=dict(plan.additional_context) if is_json(dict(plan.additional_context)) else {},
        task_middleware=tuple(named(each) for each in plan.task_middleware if is_portable(each)),
        tracing=tracing,
    )


async def run_worker(app: App, options: Mapping[str, Any]) -> None:
    """Runs a worker in this event loop until it is told to stop: procrastinate's run_worker_async."""
    plan = plan_of(app, options)
    with looked_out(app.settings.health) as report:
        await run_plan(app, plan, _replacement(), report)


async def _present(app: App) -> None:
    """Tells the database of what this program has. All of it may be said twice, so a connection that is cut meanwhile is no
    reason not to start."""
    for pause in (*PAUSES, None):
        try:
            await app.run_async(isolation_check())
            await app.publish_async()
            if app.periodic_registry.periodic_tasks:
                await app.run_async(put_periodic(app))
            return
        except Exception as error:
            if pause is None or isinstance(error, TimeoutError) or not is_passing(error):
                raise
            log.info("a connection was lost at start; trying again")
            await asyncio.sleep(pause)


async def run_plan(
    app: App, plan: WorkerPlan, replacement: Callable[[], None], report: Callable[[Report], None] | None = None
) -> None:
    """Runs *plan*; *replacement* ends this process when it can't be saved; *report* is told how it is.

    Raises NotMigrated, DatabaseUnavailable, SettingsError."""
    settings = app.settings
    await _present(app)
    _tell_of_declared(app.catalogue.declared_only(plan.slots))
    stock = StockWorker(app, plan)
    handlers = handlers_of(app, plan, stock)
    losses = Losses()
    lines = RunLines(Link(app.dsn, "lines", prepare=settings.prepared_statements), losses)
    with lines_heard(lines), run_spans(settings.telemetry, SPANS_PATIENCE, losses) as spans:
        async with (
            AsyncPorts(app.dsn, size=sum(plan.slots.values()), prepare=settings.prepared_statements) as ports,
            ChildExecutor(
                child_spec(app, plan, tracing=spans is not None),
                PoolLimits(children=settings.children, size=settings.child_memory // 2),
                memory=settings.child_memory,
                words=ChildWords(lines, spans, losses),
            ) as children,
        ):
            children.announce(handlers.values())
            stock.ours = worker = Worker(
                worker_spec(app, plan, replacement, report), handlers, children, ports, lines=lines, tracer=spans
            )
            with _stopped_by_signals(worker) if plan.signals else contextlib.nullcontext():
                await worker.run()


def worker_spec(
    app: App, plan: WorkerPlan, replacement: Callable[[], None], report: Callable[[Report], None] | None
) -> WorkerSpec:
    """What the event loop's worker is to do."""
    return WorkerSpec(
        dsn=app.dsn,
        direct_dsn=app.settings.direct_url or app.dsn,
        name=plan.name or "",
        slots=plan.slots,
        lease=plan.lease,
        grace=plan.grace,
        polling=plan.polling,
        listen=plan.listen,
        prepare=app.settings.prepared_statements,
        wait=plan.wait,
        periodic=tuple(periodic_keys(app)),
        exit=replacement,
        report=report,
    )


def _tell_of_declared(names: Sequence[str]) -> None:
    if names:
        log.info("these jobs wait for a worker that has their function: %s", ", ".join(names))


@contextlib.contextmanager
def _stopped_by_signals(worker: Worker) -> Iterator[None]:
    """SIGTERM and SIGINT stop the worker; the second one at once.

    Plain signal handlers, which run even while a job blocks the event loop: then the heartbeat's thread keeps the
    deadline of the stop.
    """
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: worker.stop()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _replacement() -> Callable[[], None]:
    """How this process is replaced when a job can't be stopped: the command line starts itself anew, in its own place; a
    worker inside somebody's program ends it with status 70."""
    command = Path(sys.argv[0]).stem if sys.argv else ""
    if command in ("procrastinate", "advisorjobs") or "procrastinate" in sys.orig_argv[1:4]:
        return lambda: os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    return lambda: os._exit(REPLACED)
