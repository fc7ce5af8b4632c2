"""Short texts as Readings: one string a line, columns parted by two spaces or more."""

from __future__ import annotations

from advisorjobs.services.documents.evidence import Evidence, gather
from advisorjobs.services.reading.page import Reading
from tests.services.documents.paper import Paper


def reading(text: str) -> Reading:
    """*text* as a text layer gives it."""
    return Paper("short", {}, tuple(text.strip("\n").splitlines())).reading()


def evidence(text: str) -> Evidence:
    return gather(reading(text))
