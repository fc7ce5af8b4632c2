"""What a worker is asked to do: procrastinate's worker options and our settings become one plan. No I/O."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from advisorjobs.errors import SettingsError, UnknownJob
from advisorjobs.queues import WORKER_TYPES
from advisorjobs.settings import Concurrency, Settings, effective_queue

__all__ = ["WorkerPlan", "plan_worker", "share"]

_OPTIONS = frozenset({
    "queues", "name", "concurrency", "wait", "fetch_job_polling_interval", "abort_job_polling_interval",
    "shutdown_graceful_timeout", "listen_notify", "delete_jobs", "additional_context", "install_signal_handlers",
    "update_heartbeat_interval", "stalled_worker_timeout", "task_middleware", "worker_middleware",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPlan:
    """One worker process. Times in seconds; `slots`: queue name -> jobs at once."""

    name: str | None
    slots: Mapping[str, int]
    lease: float
    grace: float
    polling: float
    listen: bool
    wait: bool
    signals: bool
    additional_context: Mapping[str, Any] = field(default_factory=dict)
    task_middleware: Sequence[Any] = ()
    worker_middleware: Sequence[Any] = ()


def plan_worker(settings: Settings, options: Mapping[str, Any], plain_queues: Iterable[str]) -> WorkerPlan:
    """The plan for procrastinate's *options* (what each says, in our words, or a refusal that names it).

    Queues: those given, else those of WORKER_TYPE; `all` also serves the queues that plain tasks name (*plain_queues*).
    Slots: -c, then WORKER_CONCURRENCY, then the queue's row. A heartbeat interval or stall time-out sets the lease: a
    worker beats five times in a lease. `abort_job_polling_interval` needs nothing: a cancellation is announced, and the
    heartbeat asks. Raises SettingsError or UnknownJob.
    """
    for key in options:
        if key not in _OPTIONS:
            raise TypeError(f"run_worker() has no option {key!r}")
    if str(getattr(options.get("delete_jobs"), "value", options.get("delete_jobs"))) == "always":
        raise SettingsError("delete_jobs", "always", "failed jobs stay until they are retried or cleaned; leave it out")
    queues = _queues(settings, options.get("queues"), sorted(set(plain_queues)))
    concurrency: Concurrency | None = options.get("concurrency")
    grace = options.get("shutdown_graceful_timeout")
    lease = settings.lease.total_seconds()
    if "stalled_worker_timeout" in options:
        lease = float(options["stalled_worker_timeout"])
    elif "update_heartbeat_interval" in options:
        lease = 5 * float(options["update_heartbeat_interval"])
    return WorkerPlan(
        name=options.get("name") or settings.worker_id,
        slots={name: effective_queue(settings, name, concurrency).slots for name in queues},
        lease=lease,
        grace=settings.grace.total_seconds() if grace is None else float(grace),
        polling=float(options.get("fetch_job_polling_interval", 1.0)),
        listen=bool(options.get("listen_notify", True)),
        wait=bool(options.get("wait", True)),
        signals=bool(options.get("install_signal_handlers", True)),
        additional_context=options.get("additional_context") or {},
        task_middleware=tuple(options.get("task_middleware") or ()),
        worker_middleware=tuple(options.get("worker_middleware") or ()),
    )


def share(slots: Mapping[str, int], index: int, processes: int) -> dict[str, int]:
    """Process *index*'s part of *slots* when *processes* divide them; a queue with fewer slots is served by the first ones."""
    parts = {name: count // processes + (index < count % processes) for name, count in slots.items()}
    return {name: count for name, count in parts.items() if count}


def _queues(settings: Settings, given: Iterable[str] | None, plain: Sequence[str]) -> list[str]:
    if given is None:
        queues = WORKER_TYPES[settings.worker_type]
        return list(dict.fromkeys([*queues, *(plain if settings.worker_type == "all" else ())]))
    known = {*WORKER_TYPES["all"], *plain}
    queues = tuple(dict.fromkeys(given))
    for name in queues:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the queues are {', '.join(WORKER_TYPES['all'])}"
            raise UnknownJob(f"there is no queue {name!r}: {hint}")
    return list(queues)
