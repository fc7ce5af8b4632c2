"""The figures as Markdown: the peers side by side, depth, claims, the bars, and every other measure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ops.bench.bars import BARS
from ops.bench.claim_time import BACKLOGS, ORGANIZATIONS, figure_name
from ops.bench.peer_spec import PEERS
from ops.bench.results import Results, Taken

__all__ = ["claim_table", "comparison", "depth_table", "report"]

NONE = "–"
SIDE_BY_SIDE = (
    ("drain", "", "drain, 1 worker"),
    ("drain-two", "", "drain, 2 workers"),
    ("bulk", "", "enqueue in bulk"),
    ("single", "", "enqueue one by one"),
    ("pickup", ": p50", "pick-up p50, ms"),
    ("pickup", ": p99", "p99, ms"),
)
TOLD = {"drain", "drain-two", "bulk", "single", "pickup", "depth", "claim"}
"""Measures that have a table of their own."""

INTRODUCTION = """\
# What was measured

Written by `make bench` from `results.json`; don't edit. Empty jobs, logging off, a fresh database for each figure, fsync
on, 512 MB of shared buffers; one server, one run, everything in turns; medians of {rounds} rounds. Only ratios travel
from one machine to another. Taken {dates} on {cores} cores with {versions}."""

GIVEN_UP = """\
What the fast ones give up for it: graphile-worker at its best deletes finished jobs in batches, keeps no history and
gives a worker 500 jobs in advance; pg-boss works 1 000 jobs as one array and finishes them together; PgQueuer writes a
log row a job, its best is batches of 500 on four connections; Bull has everything in Redis' memory and can lose a second
of it. AdvisorJobs writes history, counts the attempt at the claim, fences every run, and finishes each job by itself.
Its drain counts as the lowest of plain jobs, typed jobs of 50 organizations, and these under procrastinate's command."""


def report(results: Results) -> str:
    """The whole page."""
    parts = [
        introduction(results),
        "## Jobs a second, beside the peers",
        comparison(results),
        GIVEN_UP,
        "## A deep table: 500 000 jobs of another queue, 200 000 of this one for tomorrow (drain, jobs/s)",
        depth_table(results),
        "## The claim of 100 jobs (ms, p50 / p99)",
        claim_table(results),
        "## What is to be reached",
        bars_table(results),
    ]
    for name, taken in results.measures.items():
        if name not in TOLD:
            parts += [f"## {taken.title} ({taken.unit})", plain_table(taken)]
    parts += excuses(results)
    return "\n\n".join(part for part in parts if part) + "\n"


def introduction(results: Results) -> str:
    taken = results.measures.values()
    dates = sorted({str(each.conditions.get("date")) for each in taken})
    cores = sorted({str(each.conditions.get("cores")) for each in taken})
    rounds = sorted({len(values) for each in taken for values in each.figures.values()})
    return INTRODUCTION.format(
        rounds=" to ".join(dict.fromkeys(map(str, (rounds[0], rounds[-1])))) if rounds else "no",
        dates=" to ".join(dict.fromkeys((dates[0], dates[-1]))) if dates else "never",
        cores=" or ".join(cores) or "no",
        versions=", ".join(f"{name} {version}" for name, version in results.versions.items() if version),
    )


def comparison(results: Results) -> str:
    """A row a peer, a column a measure."""
    headings = ["", *(heading for _, _, heading in SIDE_BY_SIDE)]
    rows = []
    for peer in PEERS:
        values = [median(results, measure, f"{peer}{detail}") for measure, detail, _ in SIDE_BY_SIDE]
        if any(value is not None for value in values):
            rows.append([peer, *(amount(value) for value in values)])
    return markdown(headings, rows)


def depth_table(results: Results) -> str:
    """A row a peer: its rate in an empty table and in a deep one, and what is left of it."""
    rows = []
    for peer in PEERS:
        empty, *deep = (
            median(results, "depth", f"{peer}: {detail}") for detail in ("empty", "deep", "deep, not vacuumed")
        )
        if empty:
            cells = [cell for value in deep for cell in (amount(value), share(value, empty))]
            rows.append([peer, amount(empty), *cells])
    return markdown(["", "empty table", "deep, vacuumed", "left", "deep, not vacuumed", "left"], rows)


def claim_table(results: Results) -> str:
    """A row a number of organizations, a column a backlog."""

    def cell(organizations: int, waiting: int) -> str:
        values = (median(results, "claim", figure_name(organizations, waiting, which)) for which in ("p50", "p99"))
        return " / ".join(map(amount, values))

    if "claim" not in results.measures:
        return ""
    rows = [[spaced(each), *(cell(each, waiting) for waiting in BACKLOGS)] for each in ORGANIZATIONS]
    return markdown(["organizations", *(f"{spaced(waiting)} waiting" for waiting in BACKLOGS)], rows)


def bars_table(results: Results) -> str:
    rows = []
    for bar in BARS:
        measured = bar.measured(results)
        if measured is not None:
            sign = "≤" if bar.at_most else "≥"
            aim = NONE if bar.aim is None else f"{sign} {bar.aim:g} {bar.unit}"
            shown = f"{measured:.2f} {bar.unit}"
            rows.append([bar.text, shown, f"{sign} {bar.must:g} {bar.unit}", aim, bar.verdict(measured)])
    return markdown(["", "measured", "must", "aim", ""], rows)


def plain_table(taken: Taken) -> str:
    """Any measure: a row a figure, with its rounds' range."""
    rows = [[name, amount(taken.median(name)), amount(min(v)), amount(max(v))] for name, v in taken.figures.items()]
    return markdown(["", "median", "lowest", "highest"], rows)


def excuses(results: Results) -> list[str]:
    whys = {name: why for taken in results.measures.values() for name, why in taken.excused.items()}
    return [
        "\n".join(["Not measured, or not to the end:", "", *(f"* {name}: {why}" for name, why in whys.items())])
    ] * bool(whys)


def median(results: Results, measure: str, figure: str) -> float | None:
    taken = results.measures.get(measure)
    return taken.median(figure) if taken else None


def amount(value: float | None) -> str:
    """Three digits that count, and thin thousands: 482, 33 700, 1.27."""
    if value is None:
        return NONE
    if abs(value) < 10:
        return f"{value:.2f}"
    if abs(value) < 100:
        return f"{value:.1f}"
    return spaced(round(value, 2 - len(str(int(abs(value)))) + 1))


def spaced(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ")


def share(value: float | None, whole: float) -> str:
    return NONE if value is None else f"{value / whole:.0%}".replace("%", " %")


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is text and whose others are figures; empty without rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(headings)} |", "|---|" + "--:|" * (len(headings) - 1), *lines]) if lines else ""
