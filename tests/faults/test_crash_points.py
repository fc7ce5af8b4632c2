"""Dying at every place (3): a worker ends itself, as by kill -9, before or after each step; another repairs all of it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import pytest

from tests.faults import crash
from tests.faults.engines import Order
from tests.faults.scale import FULL, full_or_short, ours_only
from tests.faults.site import Site, open_site
from tests.fixtures.clusters import Cluster

pytestmark = [pytest.mark.faults, ours_only]

LEASE = full_or_short(15.0, 2.0)
RECOVERY = LEASE + LEASE / 3
START = 15.0
"""What two processes may take to start on a busy machine, beside what is measured."""

AT_ONCE = 4
SECOND_TIME = (
    "claim_jobs",
    "complete_runs",
    "beat",
    "rescue",
    "Dispatcher._start",
    "Dispatcher._complete",
    "Completer._account",
)
AT_STOP = ("leave", "Dispatcher._give_back", "Dispatcher.stop_running")
EXECUTORS = {
    "loop": ("nap", "ledger", "ledger", "fail", "plain", "keyed"),
    "child": ("block", "block-ledger", "block-ledger", "block", "block-ledger"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    place: str
    executor: str

    @property
    def nth(self) -> int:
        return 2 if self.place.endswith(SECOND_TIME) else 1


def cells() -> list[Cell]:
    """At full length every place with every executor; in short half of them after the step, with both by turns."""
    if FULL:
        return [
            Cell(place, executor) for place in crash.places() for executor in EXECUTORS if makes_sense(place, executor)
        ]
    places = [place for place in crash.places() if not place.startswith("before")][::2]
    return [
        Cell(place, executor)
        for number, place in enumerate(places)
        if makes_sense(place, executor := ("child", "loop")[number % 2]) or makes_sense(place, executor := "loop")
    ]


def makes_sense(place: str, executor: str) -> bool:
    """A child dies of its job's crash point alone: there, that is test 7."""
    return executor == "loop" or not place.endswith((*crash.JOB_POINTS, "settle_runs", "._settle", "._give_back"))


def test_a_worker_may_die_anywhere_and_nothing_needs_a_hand(
    steady_cluster: Cluster, tmp_path: Path, figure: Callable[..., None]
) -> None:
    failures: dict[str, str] = {}
    slowest = 0.0

    def attempt(numbered: tuple[int, Cell]) -> float:
        number, cell = numbered
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            with open_site(steady_cluster, folder) as site:
                return die_and_recover(site, cell)
        except Exception as error:
            failures[f"{cell.place} ({cell.executor})"] = f"{type(error).__name__}: {error}"
            return 0.0

    every_cell = cells()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        slowest = max(pool.map(attempt, enumerate(every_cell)))
    held = len(every_cell) - len(failures)
    figure(cells=f"{held}/{len(every_cell)}", slowest_recovery=f"{slowest:.1f} s")
    assert not failures, "\n\n".join(f"=== {place}\n{text}" for place, text in failures.items())


def die_and_recover(site: Site, cell: Cell) -> float:
    """Returns the seconds from the crash until all had ended. The second worker is there from the crash on."""
    variables = {"ADVISORJOBS_LEASE": LEASE, "ADVISORJOBS_CHILDREN": 2}
    stopping = cell.place.endswith(AT_STOP)
    victim = site.start(4, FAULTS_CRASH_AT=f"{cell.place}:{cell.nth}", ADVISORJOBS_GRACE=0.1, **variables)
    ids = site.enqueue(*work_for(cell))
    if stopping:
        site.wait_event("begin", 2 if cell.executor == "child" else 100)
        victim.send(signal.SIGTERM)
    if cell.place.endswith("aborts"):
        site.wait_event("begin", 1)
        site.one("SELECT pg_notify('advisorjobs', 'cancel')")
    site.wait_until(lambda: victim.status is not None, f"the crash {cell.place}", 40)
    crashed = monotonic()
    assert victim.status == -signal.SIGKILL, (
        f"ended with {victim.status}, never came by {cell.place}\n{site.fleet.tails()}"
    )
    site.witness.note("killed", pid=victim.pid)
    if site.states(ids)["done"] < len(ids):
        site.start(4, **variables)
    site.wait_done(RECOVERY + START + 10)
    took = monotonic() - crashed
    site.check()
    assert took <= RECOVERY + START
    return took


def work_for(cell: Cell) -> list[Order]:
    """Of each kind two; for a stop in mid-work so many short jobs that some are claimed and wait for a slot."""
    if cell.place.endswith(AT_STOP) and cell.executor == "loop":
        return [Order(kind="nap", args={"ms": 20})] * 400
    return [
        Order(kind=kind, args={"ms": 30, "key": "key"}, lock="key" if kind == "keyed" else None)
        for kind in EXECUTORS[cell.executor] * 2
    ]


def test_every_step_of_the_engine_is_a_crash_point() -> None:
    """A statement that the engine gains later must be died at too."""
    engine = Path(__file__).parents[2] / "advisorjobs" / "engine"
    text = "\n".join(path.read_text() for path in engine.glob("*.py"))
    missing = [name for name in crash.STATEMENTS if f'"{name}"' not in text]
    assert missing == [], "these statements are gone: take them off the list"
