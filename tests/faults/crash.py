"""Crash points: a worker process that ends itself, as by kill -9, the n-th time that it comes by a named place.

The product has no hooks for this. Where `FAULTS_CRASH_AT=place:nth` is set, the engine's own methods are wrapped before the
worker starts. The first process that gets there leaves a file behind, so that its successors live.
"""

from __future__ import annotations

import functools
import os
import signal
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.faults.witness import Witness

__all__ = ["CALLS", "JOB_POINTS", "STATEMENTS", "install", "places", "point"]

STATEMENTS = (
    "register_worker", "create_partitions", "rescue_orphans", "claim_jobs", "complete_runs", "settle_runs", "beat", "rescue",
    "set_waiting", "next_due", "leave", "aborts",
)  # fmt: skip
CALLS = (
    "Dispatcher.take", "Dispatcher._start", "Dispatcher._complete", "Dispatcher._settle", "Dispatcher._give_back",
    "Dispatcher.stop_running", "Completer._write_next", "Completer._account",
)  # fmt: skip
JOB_POINTS = ("job begins", "job ends", "effect written", "effect committed")

seen: Counter[str] = Counter()


def places() -> list[str]:
    """All crash points: before and after each statement and each step of the engine, and inside the jobs."""
    around = [f"{when} {name}" for name in (*STATEMENTS, *CALLS) for when in ("before", "after")]
    return [*around, *JOB_POINTS]


def wanted() -> tuple[str, int]:
    place, _, nth = os.environ.get("FAULTS_CRASH_AT", "").rpartition(":")
    return place, int(nth or 0)


def point(name: str) -> None:
    """Ends this process if it is the place, and the time."""
    place, nth = wanted()
    if name != place:
        return
    seen[name] += 1
    if seen[name] == nth and first():
        Witness.of_this_process().note("crash", detail=name)
        os.kill(os.getpid(), signal.SIGKILL)


def first() -> bool:
    try:
        os.close(os.open(Witness.of_this_process().path.with_name("crashed"), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def install() -> None:
    """Wraps the engine, where a crash is wanted, or a worker that believes in its lease for ever."""
    if os.environ.get("FAULTS_TRUST_LEASE"):
        from advisorjobs.engine.lease import Lease

        Lease.alive = property(lambda lease: True)  # type: ignore[assignment, method-assign]
    count_ignored()
    place, _ = wanted()
    name = place.partition(" ")[2]
    if name in STATEMENTS:
        wrap_statements(name)
    elif name in CALLS:
        wrap_call(name)


def count_ignored() -> None:
    """At a worker's end, tells the witness how many notifications it took no notice of."""
    from advisorjobs.engine.wakeup import Listener

    loop = Listener.loop

    @functools.wraps(loop)
    async def loop_and_tell(self: Listener) -> None:
        try:
            await loop(self)
        finally:
            Witness.of_this_process().note("ignored", detail=str(self.ignored))

    Listener.loop = loop_and_tell  # type: ignore[method-assign]


def wrap_statements(wanted_name: str) -> None:
    from advisorjobs.database.link import Link
    from advisorjobs.engine.heartbeat import Heartbeat

    fetch, execute = Link.fetch, Heartbeat._execute

    @functools.wraps(fetch)
    async def fetch_and_crash(self: Link, name: str, *args: Any, **kwargs: Any) -> Any:
        if name == wanted_name:
            point(f"before {name}")
        rows = await fetch(self, name, *args, **kwargs)
        if name == wanted_name:
            point(f"after {name}")
        return rows

    @functools.wraps(execute)
    def execute_and_crash(self: Heartbeat, name: str, params: Any) -> Any:
        if name == wanted_name:
            point(f"before {name}")
        row = execute(self, name, params)
        if name == wanted_name:
            point(f"after {name}")
        return row

    Link.fetch, Heartbeat._execute = fetch_and_crash, execute_and_crash  # type: ignore[method-assign]


def wrap_call(name: str) -> None:
    from advisorjobs.engine.complete import Completer
    from advisorjobs.engine.dispatch import Dispatcher

    owner_name, _, method_name = name.partition(".")
    owner: Any = {"Completer": Completer, "Dispatcher": Dispatcher}[owner_name]
    method: Callable[..., Any] = getattr(owner, method_name)

    @functools.wraps(method)
    def call_and_crash(*args: Any, **kwargs: Any) -> Any:
        point(f"before {name}")
        result = method(*args, **kwargs)
        if not hasattr(result, "__await__"):
            point(f"after {name}")
            return result

        async def rest() -> Any:
            value = await result
            point(f"after {name}")
            return value

        return rest()

    setattr(owner, method_name, call_and_crash)
