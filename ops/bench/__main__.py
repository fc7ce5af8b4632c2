"""`python -m ops.bench`: runs the peers in turns on one server and prints a table of medians and ratios."""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table

from ops.bench.peer import PEERS, Peer
from ops.bench.server import bench_server

Measure = Callable[[Peer, int], float]

MEASURES: dict[str, tuple[str, Measure]] = {
    "drain": ("drain of 20 000 empty jobs, one worker process, jobs/s", lambda peer, n: peer.drain(n)),
    "single": ("enqueue one by one, jobs/s", lambda peer, n: peer.enqueue("single", max(500, n // 10))),
    "bulk": ("bulk enqueue, jobs/s", lambda peer, n: peer.enqueue("bulk", n)),
    "pickup": ("pick-up by an idle worker, p50, ms", lambda peer, n: peer.pickup(200)[0]),
}
BASE = {"drain": "procrastinate", "single": "procrastinate", "bulk": "procrastinate", "pickup": "procrastinate"}


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m ops.bench", description=__doc__)
    parser.add_argument("measures", nargs="*", default=list(MEASURES), help=f"of {', '.join(MEASURES)} (default: all)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, in turns; medians are printed (default 3)")
    parser.add_argument("--jobs", type=int, default=20_000, help="jobs to drain (default 20 000)")
    parser.add_argument("--peers", nargs="*", default=list(PEERS), help=f"of {', '.join(PEERS)} (default: all)")
    chosen = parser.parse_args(words)
    console = Console()
    with bench_server() as server:
        peers = [Peer(PEERS[name], server) for name in chosen.peers]
        for name in chosen.measures:
            title, measure = MEASURES[name]
            figures: dict[str, list[float]] = defaultdict(list)
            for _ in range(chosen.runs):
                for peer in peers:
                    with console.status(f"{title}: {peer.spec.name}"):
                        figures[peer.spec.name].append(measure(peer, chosen.jobs))
            console.print(table(title, figures, BASE[name]))


def table(title: str, figures: dict[str, list[float]], base: str) -> Table:
    """One row per peer: the median of its runs, their range, and the ratio of medians to the base's."""
    shown = Table(title=title, title_justify="left")
    shown.add_column("peer")
    for heading in ("median", "lowest", "highest", f"÷ {base}"):
        shown.add_column(heading, justify="right")
    under = statistics.median(figures[base]) if base in figures else None
    for peer, values in figures.items():
        median = statistics.median(values)
        ratio = f"{median / under:.2f}" if under else "–"
        shown.add_row(peer, f"{median:,.1f}", f"{min(values):,.1f}", f"{max(values):,.1f}", ratio)
    return shown


if __name__ == "__main__":
    main()
