"""What a child process holds between jobs: memory that a function has freed goes back to the system."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

__all__ = ["ChildMemory", "resident"]

GROWN = 64 << 20
"""Bytes more than after the last time that make it worth the milliseconds."""


class ChildMemory:
    """glibc keeps what was freed below anything that is still used: 300 MB after reading one picture, so that the child
    would be renewed for its size and import everything again. Elsewhere nothing is done."""

    def __init__(self) -> None:
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        self._held = resident()

    def settle(self) -> None:
        """To be called after a function, before the worker looks at the child's size."""
        if self._trim is not None and resident() - self._held > GROWN:
            self._trim(0)
            self._held = resident()


def resident() -> int:
    """Bytes of memory that this process holds; 0 where the kernel doesn't say."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
