"""From procrastinate's worker options and our settings to a running worker."""

from __future__ import annotations

import signal
import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from advisorjobs.engine.handler import Handler
from advisorjobs.engine.job_handler import JobHandler
from advisorjobs.engine.plain_handler import PlainHandler, PlainOptions
from advisorjobs.engine.worker import Worker, WorkerSpec, worker_name
from advisorjobs.settings import effective_queue

if TYPE_CHECKING:
    from advisorjobs.application import App


class NoChildren:
    async def run(self, run): return run.handler.call_blocking(run)
    def abort(self, run): ...


async def run_worker(app: App, options: Mapping[str, Any]) -> None:
    settings = app.settings
    queues = list(options.get("queues") or ["critical","default"])
    name = worker_name(settings.worker_id)
    slots = {q: options.get("concurrency") or effective_queue(settings, q).slots for q in queues}
    app.perform_import_paths()
    dsn = app.dsn
    handlers: dict[str, Handler] = {}
    for n, jt in app.catalogue.items():
        handlers[n] = JobHandler(jt, effective_queue(settings, jt.queue))
    po = PlainOptions(app=app, worker=None, name=name, queues=queues)
    for n, t in app.tasks.items():
        if n not in handlers:
            handlers[n] = PlainHandler(n, t, effective_queue(settings, t.queue), po)
    spec = WorkerSpec(dsn=dsn, direct_dsn=settings.direct_url or dsn, name=name, slots=slots)
    w = Worker(spec, handlers, NoChildren(), None)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, w.stop)
    await w.run()
