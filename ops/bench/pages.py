"""Where the figures are shown: a page and a picture beside results.json, and the README's table."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from ops.bench.panels import panels
from ops.bench.peer_failed import PeerFailed
from ops.bench.programs import ROOT, Programs
from ops.bench.report import comparison, report
from ops.bench.results import RESULTS, Results

__all__ = ["draw_picture", "in_readme", "write_pages"]

README = ROOT / "README.md"
PICTURE = Path(__file__).with_name("picture.py")
MARKED = re.compile(r"(<!-- bench: .*? -->\n).*?(<!-- end of bench -->)", re.DOTALL)


def write_pages(results: Results, path: Path) -> None:
    """results.md, results.svg and results-dark.svg beside *path*; for the committed figures the README's table too.

    Raises PeerFailed where the drawing library can't be installed.
    """
    path.with_suffix(".md").write_text(report(results), "utf-8")
    if path == RESULTS:
        README.write_text(in_readme(README.read_text("utf-8"), results), "utf-8")
    draw_picture(results, path.with_suffix(""))


def in_readme(text: str, results: Results) -> str:
    """*text* with the table between its marks as the figures have it now."""
    return MARKED.sub(lambda marks: f"{marks[1]}{comparison(results)}\n{marks[2]}", text)


def draw_picture(results: Results, target: Path) -> None:
    done = subprocess.run(
        [Programs().python(), PICTURE, target],
        input=json.dumps(panels(results)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["without a word"]
        raise PeerFailed(f"the picture was not drawn: {said[-1][:200]}")
