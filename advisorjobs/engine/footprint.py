"""Where a process is and what it uses, its children with it: what a worker says of itself to people."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

__all__ = ["Footprint", "whereabouts"]


def whereabouts() -> dict[str, Any]:
    """This process's host, number and program version, as register_worker.sql takes them."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "version": version("advisorjobs")}


class Footprint:
    """Measured now and then, in any one thread; a few milliseconds each time."""

    def __init__(self, pid: int | None = None) -> None:
        self._process = psutil.Process(pid)
        self._seconds: dict[tuple[int, float], float] = {}
        self._measured_at = time.monotonic()

    def measure(self) -> tuple[int | None, float | None]:
        """Resident bytes, and the cores in use since the last measurement (1.0: one core all the time).

        Memory that processes share counts for each of them. None where the system tells nothing, or at first nothing yet.
        """
        now = time.monotonic()
        memory, seconds = 0, {}
        for process in self._family():
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    memory += process.memory_info().rss
                    seconds[process.pid, process.create_time()] = times.user + times.system
            except psutil.Error:  # it ended meanwhile, or is another user's
                continue
        used = sum(spent - self._seconds.get(key, 0.0) for key, spent in seconds.items())
        first, span = not self._seconds, now - self._measured_at
        self._seconds, self._measured_at = seconds, now
        return memory or None, None if first or span <= 0 else used / span

    def _family(self) -> list[psutil.Process]:
        family = [self._process]
        with contextlib.suppress(psutil.Error, OSError):
            if not os.path.exists(f"/proc/{self._process.pid}/task/{self._process.pid}/children"):
                return [self._process, *self._process.children(recursive=True)]
            for pid in _descendants(self._process.pid):
                with contextlib.suppress(psutil.Error):  # it ended meanwhile
                    family.append(psutil.Process(pid))
        return family


def _descendants(pid: int) -> Iterator[int]:
    """By the kernel's own lists (proc(5), /proc/pid/task/tid/children): looking through all processes of the machine would
    take a thread seconds, where another one computes and lets it run for a moment after each file."""
    with contextlib.suppress(OSError):  # it ended meanwhile
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                for child in (task / "children").read_text().split():
                    yield int(child)
                    yield from _descendants(int(child))
