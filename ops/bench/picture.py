"""Draws what panels.py says, given on standard input as JSON, into a file for light pages and one for dark ones.

    python ops/bench/picture.py FOLDER/NAME < panels.json

writes NAME.svg and NAME-dark.svg. Runs where the peers are installed, for only they have the drawing library.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one file. `lines`: one a number of organizations."""

    paper: str
    ink: str
    faint: str
    peer: str
    ours: str
    lines: tuple[str, str, str]


LIGHT = Palette("#ffffff", "#1f2328", "#d1d9e0", "#9aa4b1", "#0969da", ("#0969da", "#1a7f37", "#bc4c00"))
DARK = Palette("#0d1117", "#e6edf3", "#30363d", "#6e7681", "#4493f8", ("#4493f8", "#3fb950", "#f0883e"))
BAR = 0.38
"""Height of a bar, of the row's 1."""


def spaced(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ")


def draw_throughput(axes: Axes, rows: list[dict[str, Any]], palette: Palette) -> None:
    """Two bars a peer: by one worker, and paler by two."""
    longest = max(value for row in rows for value in (row["one"], row["two"]) if value)
    for place, row in enumerate(rows):
        colour = palette.ours if row["ours"] else palette.peer
        for value, shift, alpha in ((row["one"], BAR / 2, 1.0), (row["two"], -BAR / 2, 0.5)):
            if value is not None:
                axes.barh(place + shift, value, BAR, color=colour, alpha=alpha)
                axes.text(value + longest * 0.01, place + shift, spaced(round(value, -1)), va="center", fontsize=7.5)
    axes.set_yticks(range(len(rows)), [row["name"] for row in rows])
    for label, row in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if row["ours"] else "normal")
    axes.set_xlim(0, longest * 1.13)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: spaced(value)))
    axes.set_title("Empty jobs drained, jobs/s: one worker process, and paler two", loc="left")
    axes.grid(axis="x", color=palette.faint)


def draw_claims(axes: Axes, claims: dict[str, dict[str, list[list[float]]]], palette: Palette) -> None:
    """Both axes logarithmic: the median as a line, the 99th percentile dashed."""
    for which, style in (("p50", "-"), ("p99", "--")):
        for colour, (organizations, points) in zip(palette.lines, claims[which].items(), strict=True):
            word = "organization" if organizations == "1" else "organizations"
            label = f"{spaced(float(organizations))} {word}, {which}"
            axes.plot(*zip(*points, strict=True), style, color=colour, marker="o", markersize=4, label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(0.1, 100)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: spaced(value)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("jobs waiting")
    axes.set_title("AdvisorJobs: a claim of 100 jobs, ms", loc="left")
    axes.grid(color=palette.faint)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.legend(ncols=2, frameon=False, loc="upper left", labelcolor=palette.ink, handlelength=3.5)


def draw(panels: dict[str, Any], palette: Palette, path: Path) -> None:
    settings = {
        "svg.hashsalt": "bench",  # the same figures give the same file
        "svg.fonttype": "none",  # text stays text: a quarter of the size
        "font.size": 9,
        "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "sans-serif"],
        "axes.titlesize": 10,
        "axes.axisbelow": True,
        "legend.fontsize": 8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"), palette.ink),
    }
    with mpl.rc_context(settings):
        figure = Figure(figsize=(12, 4.6), layout="constrained", facecolor=palette.paper)
        left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
        if panels["throughput"]:
            draw_throughput(left, panels["throughput"], palette)
        if any(panels["claims"]["p50"].values()):
            draw_claims(right, panels["claims"], palette)
        for axes in (left, right):
            axes.set_facecolor(palette.paper)
        figure.savefig(path, metadata={"Date": None, "Creator": None})
    path.write_text("\n".join(line.rstrip() for line in path.read_text("utf-8").splitlines()) + "\n", "utf-8")


def main(target: str) -> None:
    panels = json.load(sys.stdin)
    draw(panels, LIGHT, Path(f"{target}.svg"))
    draw(panels, DARK, Path(f"{target}-dark.svg"))


if __name__ == "__main__":
    main(sys.argv[1])
