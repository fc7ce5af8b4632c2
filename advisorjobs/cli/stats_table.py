"""How queues stand, as a table that fits the terminal. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from advisorjobs.cli.consoles import fitting
from advisorjobs.cli.limit_texts import local_time
from advisorjobs.queue_stats import QueueStats
from advisorjobs.rates import rate_text

__all__ = ["stats_table"]

NUMBERS = ("waiting", "active", "delayed", "failed", "completed", "cancelled", "oldest", "workers")
SPARE = ("cancelled", "workers", "limit", "oldest", "completed", "delayed", "state")
"""What is left out where there is no room, the first one first."""

STATE_ROOM = 12
QUIET = {"0": "dim", "–": "dim"}


def stats_table(found: Sequence[QueueStats], width: int, height: int | None = None) -> Table:
    """A row for each queue; numbers are never cut. With a *height*, quiet queues are left out where there are too many."""
    rows = [cells(queue) for queue in busiest(found, None if height is None else height - 1)]
    widths = {name: max(cell_len(name), *(cell_len(row[name]) for row in rows)) for name in rows[0]}
    widths["state"] = min(widths["state"], STATE_ROOM)
    shown = fitting(widths, width, SPARE)
    excess = sum(widths[name] for name in shown) + 2 * (len(shown) - 1) - width
    widths["queue"] -= max(0, min(excess, widths["queue"] - STATE_ROOM))
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in shown:
        right = name in NUMBERS
        room = None if name == "state" else widths[name]
        table.add_column(name, justify="right" if right else "left", no_wrap=True, overflow="ellipsis", width=room)
    for row in rows:
        table.add_row(*(Text(row[name], style_of(name, row[name])) for name in shown))
    return table


def busiest(found: Sequence[QueueStats], most: int | None) -> list[QueueStats]:
    """At most so many queues, in their order: those in which nothing is left out first."""
    if most is None or len(found) <= most:
        return list(found)
    order = sorted(found, key=lambda queue: not (queue.waiting or queue.active or queue.failed or queue.is_paused))
    kept = {queue.queue for queue in order[: max(1, most)]}
    return [queue for queue in found if queue.queue in kept]


def cells(queue: QueueStats) -> Mapping[str, str]:
    """Heading -> text."""
    return {
        "queue": queue.queue,
        "waiting": f"{queue.waiting:,}",
        "active": f"{queue.active:,}",
        "delayed": f"{queue.delayed:,}",
        "failed": f"{queue.failed:,}",
        "completed": f"{queue.completed:,}",
        "cancelled": f"{queue.cancelled:,}",
        "oldest": age(queue.oldest_waiting_at),
        "limit": limit(queue),
        "workers": f"{queue.workers}",
        "state": state(queue),
    }


def age(since: datetime | None) -> str:
    """In the largest unit of which there are two."""
    if since is None:
        return "–"
    seconds = max(0.0, (datetime.now(UTC) - since).total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def limit(queue: QueueStats) -> str:
    said = [rate_text(queue.rate)] if queue.rate is not None else []
    said += [f"{queue.running} at once"] if queue.running is not None else []
    return ", ".join(said) or "–"


def state(queue: QueueStats) -> str:
    """What holds the queue up, if anything does."""
    if queue.pause is not None:
        until = f" until {local_time(queue.pause.until)}" if queue.pause.until else ""
        return f"paused{until}" + (f": {queue.pause.reason}" if queue.pause.reason else "")
    if queue.closed_until is not None:
        return f"closed until {local_time(queue.closed_until)}"
    return "no worker" if queue.workers == 0 and queue.waiting else ""


def style_of(name: str, text: str) -> str:
    if (name == "state" and text) or (name == "failed" and text != "0"):
        return "yellow"
    return QUIET.get(text, "")
