"""A steady stream of jobs beside a test, and the rate at which they end."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

import psycopg

from tests.faults.engines import Order
from tests.faults.site import Site

__all__ = ["Feed", "feeding", "mixed"]

TICK = 0.1
KINDS = ("ledger", "ledger", "ledger", "nap", "plain")


def mixed(
    count: int, dice: random.Random, *, kinds: Sequence[str] = KINDS, least: int = 5, most: int = 200
) -> list[Order]:
    """*count* jobs of several kinds that take *least* to *most* milliseconds."""
    return [Order(kind=dice.choice(kinds), args={"ms": dice.randint(least, most)}) for _ in range(count)]


@dataclass(slots=True)
class Feed:
    """Enqueues `per_second` jobs, or, where `backlog` is set, so many that at least that many wait. What the database
    refuses while it is away is not acknowledged, and counts for nothing."""

    site: Site
    per_second: float = 0
    backlog: int = 0
    kinds: Sequence[str] = KINDS
    dice: random.Random = field(default_factory=lambda: random.Random(1))

    def run(self, over: threading.Event) -> None:
        begin, sent = monotonic(), 0
        while not over.wait(TICK):
            due = round((monotonic() - begin) * self.per_second) - sent if self.per_second else self.missing()
            sent += max(0, due)
            if due > 0:
                try:
                    self.site.enqueue(*mixed(due, self.dice, kinds=self.kinds))
                except psycopg.OperationalError:
                    continue

    def missing(self) -> int:
        waiting = self.site.one("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        return self.backlog if waiting < self.backlog else 0

    def rate(self, begin: float, end: float) -> float:
        """Jobs that ended per second between two moments of the monotonic clock, as the witness saw it."""
        ended = {(e.job, e.run) for e in self.site.witness.events("end") if begin <= e.at / 1e9 < end}
        return len(ended) / (end - begin)


@contextmanager
def feeding(feed: Feed) -> Iterator[Feed]:
    """Feeds in a thread while the block runs."""
    over = threading.Event()
    thread = threading.Thread(target=feed.run, args=[over], name="feed")
    thread.start()
    try:
        yield feed
    finally:
        over.set()
        thread.join(30)
