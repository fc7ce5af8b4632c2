"""`python -m ops.bench`: asks every measure of all peers in turns on one server, keeps the figures, and draws them up."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from types import FrameType

from ops.bench.measure import Bench, Measure
from ops.bench.measures import MEASURES
from ops.bench.pages import write_pages
from ops.bench.peer import Peer
from ops.bench.peer_failed import PeerFailed
from ops.bench.peer_spec import PEERS
from ops.bench.programs import Programs, locked_versions
from ops.bench.redis_server import RedisServer, redis_version
from ops.bench.results import RESULTS, Results, Taken
from ops.bench.server import bench_server


def parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:<12} {measure.title} ({measure.unit})" for name, measure in MEASURES.items())
    reads = argparse.ArgumentParser(
        prog="python -m ops.bench",
        description=__doc__,
        epilog=f"measures:\n{listed}\n\npeers:\n" + "\n".join(f"  {name}" for name in PEERS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    reads.add_argument("measures", nargs="*", metavar="measure", help="those to take (default: all)")
    reads.add_argument("--rounds", type=int, default=3, help="rounds of each; medians are reported (default: 3)")
    reads.add_argument("--peers", nargs="+", metavar="PEER", help="those to ask (default: all)")
    reads.add_argument("--report", action="store_true", help="only write the pages of the figures that are there")
    reads.add_argument("--results", type=Path, default=RESULTS, help="where figures are kept (default: %(default)s)")
    return reads


def main(words: Sequence[str] | None = None) -> None:
    reads = parser()
    chosen = reads.parse_args(words)
    for kind, names, known in (("measure", chosen.measures, MEASURES), ("peer", chosen.peers or (), PEERS)):
        if unknown := [name for name in names if name not in known]:
            reads.error(f"there is no {kind} {unknown[0]!r}; they are: {'; '.join(known)}")
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGINT, interrupted)
    try:
        if not chosen.report:
            take(chosen.measures or list(MEASURES), chosen.peers or list(PEERS), chosen.rounds, chosen.results)
        show(chosen.results)
    except KeyboardInterrupt:
        sys.exit("interrupted; what was measured until now is kept")


def interrupted(*_: int | FrameType | None) -> None:
    """Ends the run, once: servers and workers are stopped on the way out."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def take(measures: Sequence[str], peers: Sequence[str], rounds: int, path: Path) -> None:
    """The measures one after the other, each in rounds; figures are written after every round."""
    results = Results.read(path)
    with bench_server() as server, closing(RedisServer()) as redis:
        programs = Programs()
        bench = Bench(server, [Peer(PEERS[name], programs, server, redis) for name in peers], say=Progress())
        results.versions = {**locked_versions(), "PostgreSQL": server.version(), "Redis": redis_version()}
        for name in measures:
            for _ in rounds_of(bench, MEASURES[name], rounds, results):
                results.write(path)


def show(path: Path) -> None:
    """Writes the pages and the picture of what *path* holds, and says where they are."""
    try:
        write_pages(Results.read(path), path)
    except PeerFailed as error:
        print(f"no picture: {error}")
    print(f"{path}, and beside it {path.stem}.md, {path.stem}.svg and {path.stem}-dark.svg")


def rounds_of(bench: Bench, measure: Measure, rounds: int, results: Results) -> Iterator[Taken]:
    """Adds one round after the other to *results*, which forget at the first what was taken before."""
    taken = Taken(measure.title, measure.unit, {"date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}", "cores": os.cpu_count()})
    taking = {peer.spec.name for peer in bench.peers if measure.name in peer.spec.measures}
    for number in range(1, min(rounds, measure.rounds or rounds) + 1):
        bench.say(f"{measure.name}, round {number}: {measure.title}")
        try:
            taken.add(measure.take(bench))
        except PeerFailed as error:
            bench.say(f"no figures of {measure.name}: {error}")
            return
        taken.excused = {name: why for name, why in bench.excused.items() if name in taking}
        results.measures[measure.name] = taken
        yield taken


class Progress:
    """Prints a line with the time that has passed."""

    def __init__(self) -> None:
        self.begun = time.monotonic()

    def __call__(self, text: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self.begun), 60)
        print(f"{minutes:3}:{seconds:02}  {text}", flush=True)


if __name__ == "__main__":
    main()
