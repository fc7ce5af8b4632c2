"""What the jobs of the fault tests do, whichever engine runs them. Each notes its begin and its end with the witness."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.faults.witness import Witness, seen

BACKTRACKING = re.compile(r"(a+)+$")
MEGABYTE = 1 << 20


class Refused(Exception):
    """What a job raises that is to fail."""


async def nap(job: int, run: int, ms: float) -> None:
    """Waits as a job does that asks another service."""
    with seen(job, run):
        await asyncio.sleep(ms / 1000)  # noqa: TID251 - the work itself


async def keyed(job: int, run: int, key: str, ms: float) -> None:
    """A job of which only one per *key* may run at a time."""
    with seen(job, run, key):
        await asyncio.sleep(ms / 1000)  # noqa: TID251 - the work itself


def block(job: int, run: int, ms: float) -> None:
    """Waits as a blocking function does."""
    with seen(job, run):
        time.sleep(ms / 1000)  # noqa: TID251 - the work itself


async def fail(job: int, run: int) -> None:
    with seen(job, run):
        raise Refused("as the test wants it")


async def fail_once_later(job: int, run: int, ms: float) -> None:
    """Fails after a while, the first time."""
    with seen(job, run):
        await asyncio.sleep(ms / 1000)  # noqa: TID251 - the work itself
        if run == 1:
            raise Refused("as the test wants it")


async def stubborn(job: int, run: int, seconds: float) -> None:
    """Takes no notice of being cancelled."""
    end = time.monotonic() + seconds
    with seen(job, run):
        while time.monotonic() < end:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.05)  # noqa: TID251 - the work itself


async def hog(job: int, run: int, seconds: float) -> None:
    """Blocks the event loop that it runs in."""
    with seen(job, run):
        time.sleep(seconds)  # noqa: TID251, ASYNC251 - a coroutine that blocks is what is tested


async def spin(job: int, run: int, seconds: float) -> None:
    """Blocks the event loop and most of the interpreter: one long call of C code after the other."""
    end = time.monotonic() + seconds
    with seen(job, run):
        while time.monotonic() < end:
            sum(range(2_000_000))


async def wait_for_go(job: int, run: int, gate: str) -> None:
    """Waits until this run's gate is open: the file *gate*-1 for a first run, *gate*-2 for any later one."""
    path = Path(f"{gate}-{min(run, 2)}")
    witness = Witness.of_this_process()
    witness.note("begin", job, run)
    try:
        while not path.exists():  # noqa: ASYNC110, ASYNC240 - another process opens the gate
            await asyncio.sleep(0.01)  # noqa: TID251 - the work itself
    except asyncio.CancelledError:
        witness.note("broke", job, run, "CancelledError")
        raise
    witness.note("woke", job, run)


async def deadlock(job: int, run: int) -> None:
    """Waits for ever for a lock that nobody will release, and the event loop with it."""
    lock = threading.Lock()
    with seen(job, run), lock, lock:
        raise Refused("unreachable")


def die(job: int, run: int, how: str) -> None:
    """A poisonous job."""
    Witness.of_this_process().note("begin", job, run, how)
    match how:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "memory":
            held = []
            while True:
                held.append(bytearray(os.urandom(MEGABYTE) * 16))
        case "segfault":
            ctypes.string_at(0)


def overrun(job: int, run: int, how: str, seconds: float) -> None:
    """A blocking job that goes on beyond its time limit, in one of the ways that are hard to stop."""
    witness = Witness.of_this_process()
    witness.note("begin", job, run, how)
    match how:
        case "regex":
            BACKTRACKING.match("a" * 40 + "b")
        case "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(seconds)  # noqa: TID251 - the work itself
        case "grandchild":
            command = [sys.executable, "-c", f"import time; time.sleep({seconds})"]
            subprocess.run(command, check=False)
        case _:
            time.sleep(seconds)  # noqa: TID251 - the work itself
    witness.note("end", job, run)
