"""`python -m ops.bench`: asks every measure of all peers in turns on one server, and keeps the figures in results.json."""

from __future__ import annotations

import argparse
import datetime
import os
from collections.abc import Sequence
from pathlib import Path

from ops.bench.measure import Bench, Measure
from ops.bench.measures import MEASURES
from ops.bench.peer import PEERS, Peer
from ops.bench.results import RESULTS, Results, Taken
from ops.bench.server import bench_server


def parser() -> argparse.ArgumentParser:
    reads = argparse.ArgumentParser(prog="python -m ops.bench", description=__doc__)
    reads.add_argument("measures", nargs="*", choices=[*MEASURES, []], help="default: all")
    reads.add_argument("--rounds", type=int, default=3, help="rounds of each measure; medians are reported (default 3)")
    reads.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS), help="default: all")
    reads.add_argument(
        "--results", type=Path, default=RESULTS, help="where the figures are kept (default: %(default)s)"
    )
    return reads


def main(words: Sequence[str] | None = None) -> None:
    chosen = parser().parse_args(words)
    results = Results.read(chosen.results)
    with bench_server() as server:
        bench = Bench(server, [Peer(PEERS[name], server) for name in chosen.peers])
        for name in chosen.measures or MEASURES:
            run(bench, MEASURES[name], chosen.rounds, results, chosen.results)


def run(bench: Bench, measure: Measure, rounds: int, results: Results, path: Path) -> None:
    """All rounds of one measure; what it found is written after each of them."""
    conditions = {"date": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}", "cores": os.cpu_count()}
    results.measures[measure.name] = taken = Taken(measure.title, measure.unit, conditions)
    for number in range(min(rounds, measure.rounds or rounds)):
        bench.say(f"{measure.name}, round {number + 1}")
        taken.add(measure.take(bench))
        results.write(path)


if __name__ == "__main__":
    main()
