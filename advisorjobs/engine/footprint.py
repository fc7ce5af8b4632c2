"""Where a process is and what it uses, its children with it: what a worker says of itself to people."""

from __future__ import annotations

import os
import socket
import time
from importlib.metadata import version
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
        try:
            return [self._process, *self._process.children(recursive=True)]
        except psutil.Error:
            return []
