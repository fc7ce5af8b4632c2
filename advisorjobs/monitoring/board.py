"""Where worker processes pin their reports for their parent to read: memory that they share, a place for each."""

from __future__ import annotations

import mmap
import struct

from advisorjobs.monitoring.report import Report

__all__ = ["Board"]

PLACE = 1 << 16
"""Bytes; what isn't written to takes no memory."""

HEADER = struct.Struct("=QI")
"""How often the place was written to (odd: it is being written to), and how many bytes it holds."""

TRIES = 50


class Board:
    """Has to be made before the processes are forked. Nobody waits for anybody: a reader whose copy was disturbed reads again.

    A process that is killed while it writes leaves its place disturbed: then what was read there before is what is known.
    """

    def __init__(self, places: int) -> None:
        self._memory = mmap.mmap(-1, places * PLACE)
        self._known: list[Report | None] = [None] * places

    def pin(self, place: int, report: Report) -> None:
        """Writes *report* into *place*. Raises ValueError for one that is larger than a place."""
        data = report.pack()
        if len(data) > PLACE - HEADER.size:
            raise ValueError("a report is larger than its place")
        start = place * PLACE
        written, _ = HEADER.unpack_from(self._memory, start)
        before = (written // 2) * 2
        HEADER.pack_into(self._memory, start, before + 1, len(data))
        self._memory[start + HEADER.size : start + HEADER.size + len(data)] = data
        HEADER.pack_into(self._memory, start, before + 2, len(data))

    def read(self, place: int) -> Report | None:
        """The latest report in *place*; None before the first."""
        start = place * PLACE
        for _ in range(TRIES):
            written, length = HEADER.unpack_from(self._memory, start)
            data = self._memory[start + HEADER.size : start + HEADER.size + length]
            if written and written % 2 == 0 and HEADER.unpack_from(self._memory, start)[0] == written:
                self._known[place] = Report.unpack(data)
                break
        return self._known[place]

    def clear(self, place: int) -> None:
        """Takes down the report of a process that has ended."""
        self._known[place] = None
        HEADER.pack_into(self._memory, place * PLACE, 0, 0)
