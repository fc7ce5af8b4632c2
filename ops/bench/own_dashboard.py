"""What the dashboard costs beside a million jobs and 50 million runs: each page, each answer of the API, ten open dashboards.

`python -m ops.bench.own_dashboard` prints both and writes plans/dashboard.txt: what each page's statements read of the large
tables. A number as argument is how many million runs there are; an address is that of a database on this machine that is filled
already, whose user is a superuser. Figures are of the processors, as a busy machine adds to every other time.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg.rows import dict_row
from starlette.applications import Starlette

from advisorjobs.web.access.declarations import read_declarations
from ops.bench.dashboard_addresses import addresses_of_all, addresses_of_one, unasked
from ops.bench.dashboard_data import LARGE, fill
from ops.bench.dashboard_listeners import Windows, percentage, ten_dashboards
from ops.bench.dashboard_plans import MOST_ROWS, Scan, scans, summary, too_much
from ops.bench.dashboard_site import Asked, ask, looking_site, stack_of_people, without_sharing
from ops.bench.measure import Measure
from ops.bench.peer_failed import PeerFailed
from ops.bench.server import SETTINGS, BenchServer
from tests.fixtures.clusters import throwaway_cluster

if TYPE_CHECKING:
    from ops.bench.measure import Bench

__all__ = ["DASHBOARD", "TEN"]

SQL = Path(__file__).parent / "sql"
PLANS = Path(__file__).parent / "plans" / "dashboard.txt"
RUNS = 50_000_000
TEN = "ten dashboards, % of a core"
Page = tuple[str, str]
"""Who asks, and for what."""


def jobs_in(dsn: str) -> Mapping[str, int]:
    """See sql/dashboard_jobs.sql. Raises PeerFailed where there is none of a kind."""
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        found = connection.execute((SQL / "dashboard_jobs.sql").read_bytes(), {"organization": LARGE}).fetchone() or {}
    if lacking := [kind for kind, number in found.items() if number is None]:
        raise PeerFailed(f"there are no jobs of these kinds: {', '.join(lacking)}")
    return found


def pages_of(served: Starlette, jobs: Mapping[str, int]) -> list[Page]:
    """All that is asked. Raises PeerFailed where a page of the application is not among it."""
    lists = {"admin": addresses_of_all(jobs), "viewer": addresses_of_one(jobs)}
    if missing := unasked(read_declarations(served.routes), lists["admin"]):
        raise PeerFailed(f"pages that nobody asks for: {', '.join(missing)}")
    return [(who, address) for who, addresses in lists.items() for address in addresses]


async def costs(dsn: str, jobs: Mapping[str, int]) -> dict[Page, Asked]:
    """What each page costs, read anew each time."""
    async with looking_site(dsn) as (served, watched), AsyncExitStack() as stack:
        people = await stack_of_people(stack, served, LARGE)
        with without_sharing(served):
            return {page: await ask(people[page[0]], watched, page[1]) for page in pages_of(served, jobs)}


async def reads(dsn: str, jobs: Mapping[str, int]) -> dict[Page, list[Scan]]:
    """What each page reads of the large tables, the second time that it is asked for."""
    found: dict[Page, list[Scan]] = {}
    async with looking_site(dsn, plans=True) as (served, watched), AsyncExitStack() as stack:
        people = await stack_of_people(stack, served, LARGE)
        with without_sharing(served):
            for who, address in pages_of(served, jobs):
                await people[who].get(address)
                watched.plans.clear()
                await people[who].get(address)
                found[who, address] = scans(watched.plans)
    return found


def told(taken: Mapping[Page, Asked]) -> str:
    """The table of pages, the dearest first."""
    rows = sorted(taken.items(), key=lambda each: -each[1].processor)
    head = "  both     server   own      wall     ms; both: of processors, the database's and the web process's\n"
    return head + "".join(
        f"{cost.processor:8.1f} {cost.server:8.1f} {cost.own:8.1f} {cost.wall:8.1f}  {who:<7} {address}\n"
        for (who, address), cost in rows
    )


def write_plans(found: Mapping[Page, list[Scan]], taken: Mapping[Page, Asked]) -> list[str]:
    """Writes plans/dashboard.txt; returns what reads too much."""
    parts = ["What the statements of each page read of the large tables, by `python -m ops.bench.own_dashboard`.\n"]
    wrong: list[str] = []
    for (who, address), scanned in found.items():
        cost = taken[who, address]
        parts.append(f"\n{who} {address}: {cost.server:.1f} ms of the server's processor\n{summary(scanned)}")
        wrong += [f"{who} {address}\n{summary([scan])}" for scan in too_much(scanned)]
    PLANS.write_text("".join(parts), "utf-8")
    return wrong


def figures(taken: Mapping[Page, Asked], windows: Windows) -> dict[str, float]:
    worst = max(each.processor for each in taken.values())
    return {
        "worst page": worst,
        "worst page, database": max(e.server for e in taken.values()),
        TEN: percentage(windows),
    }


def take(bench: Bench) -> dict[str, float]:
    server = bench.server
    server.fresh()
    bench.say("dashboard: writing a million jobs and fifty million runs")
    fill(server.dsn(), RUNS, lambda _: None)
    jobs = jobs_in(server.dsn())
    return figures(asyncio.run(costs(server.dsn(), jobs)), asyncio.run(ten_dashboards(server.dsn(), jobs)))


DASHBOARD = Measure(
    "dashboard", "The dashboard beside a million jobs and 50 million runs", "ms of processors", take, rounds=1
)


def show(dsn: str) -> None:
    """Prints and writes all of it. Exits with 1 where a page reads too much."""
    jobs = jobs_in(dsn)
    taken = asyncio.run(costs(dsn, jobs))
    print(told(taken), flush=True)
    wrong = write_plans(asyncio.run(reads(dsn, jobs)), taken)
    windows = asyncio.run(ten_dashboards(dsn, jobs))
    print(
        f"ten dashboards: {percentage(windows):.2f} % of a core, the median of {len(windows)} windows of ten seconds:"
    )
    print("; ".join(f"{percent:.2f} % ({pages} pages)" for percent, pages in windows))
    if wrong:
        sys.exit(f"read more than {MOST_ROWS} rows, or a table from end to end:\n{''.join(wrong)}")


def main(words: Iterable[str]) -> None:
    where = next(iter(words), str(RUNS / 1e6))
    if "=" in where or "//" in where:
        show(where)
        return
    with throwaway_cluster(SETTINGS) as cluster:
        server = BenchServer(cluster.tcp_dsn)
        server.fresh()
        fill(server.dsn(), int(float(where) * 1e6))
        show(server.dsn())


if __name__ == "__main__":
    main(sys.argv[1:])
