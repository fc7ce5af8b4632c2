"""A queue's name that the database doesn't know, told with the nearest that exists."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from advisorjobs.queues import known_queue

__all__ = ["naming"]

REFUSED = "there is no queue"


@contextmanager
def naming(queue: str | None) -> Iterator[None]:
    """Where the database refuses *queue*: raises UnknownJob with the nearest name instead, as everywhere."""
    try:
        yield
    except Exception as error:
        if queue is not None and REFUSED in str(error):
            known_queue(queue)
        raise
