"""Watching the demo's day: a line for each queue on a terminal, a line for each job that has ended elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from advisorjobs.cli.day import Day, DayJob, QueueDay
from advisorjobs.queues import QUEUES
from advisorjobs.rates import rate_text

__all__ = ["day_table", "watch_day"]

PAUSE = 0.2
BAR = 16


def watch_day(look: Callable[[], Day], console: Console, *, seconds: float) -> Day:
    """Calls *look* until the day is over, or for *seconds* at most, showing it on *console*; returns the last look."""
    deadline = time.monotonic() + seconds
    if not console.is_terminal:
        return follow(look, console, deadline)
    with Live(console=console, refresh_per_second=8, transient=False) as live:
        while True:
            day = look()
            live.update(day_table(day))
            if day.over or time.monotonic() > deadline:
                return day
            time.sleep(PAUSE)


def follow(look: Callable[[], Day], console: Console, deadline: float) -> Day:
    told: set[int] = set()
    while True:
        day = look()
        for line in news(day, told):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        if day.over or time.monotonic() > deadline:
            return day
        time.sleep(PAUSE)


def news(day: Day, told: set[int]) -> Iterator[str]:
    """A line for each job that has ended and wasn't told of before; *told* remembers."""
    for job in day.jobs:
        if not job.lives and job.id not in told:
            told.add(job.id)
            yield f"{job.queue}: {job.name} {ending(job)} after {(job.run_ms or 0) / 1000:.1f} s"


def ending(job: DayJob) -> str:
    return "done" if job.status == "completed" else f"{job.status} ({job.error_code or 'no code'})"


def day_table(day: Day) -> Table:
    """A row per queue: how much of it is done, its limit, and what it does now."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column("queue", no_wrap=True, min_width=max(map(len, QUEUES)))
    shown.add_column("", min_width=BAR, no_wrap=True)
    shown.add_column("done", justify="right", no_wrap=True, min_width=7)
    shown.add_column("time", justify="right", no_wrap=True, min_width=6)
    shown.add_column("limit", justify="right", no_wrap=True, min_width=9)
    shown.add_column("now", no_wrap=True, overflow="ellipsis")
    for queue in day.queues:
        limit = QUEUES[queue.queue].rate_limit
        shown.add_row(
            queue.queue,
            ProgressBar(total=max(queue.total, 1), completed=queue.ended, width=BAR, finished_style="green"),
            f"{queue.ended}/{queue.total}",
            f"{queue.seconds:.1f} s" if queue.ended else "",
            rate_text(limit) if limit else Text("–", "dim"),
            now(queue),
        )
    return shown


def now(queue: QueueDay) -> Text:
    """What runs, or why nothing does: the first that holds."""
    done = bool(queue.total) and queue.ended == queue.total
    said = (
        (f"{queue.count('failed')} failed", "red", queue.count("failed")),
        (", ".join(queue.running), "cyan", queue.running),
        (f"{queue.retrying} to be tried again", "yellow", queue.retrying),
        ("waits for its limit", "yellow", queue.held_back),
        (f"{queue.count('delayed')} for later", "dim", queue.count("delayed")),
        (f"{queue.idle} wait for their function", "dim", queue.idle),
        ("✓", "green", done),
    )
    return next((Text(text, style) for text, style, holds in said if holds), Text(""))
