"""Draws the README's picture: a real run of the demo, as a terminal shows it.

    python ops/make_picture.py

Needs what `advisorjobs demo` needs; writes ops/pictures/demo.svg.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from advisorjobs.cli.day import Day
from advisorjobs.cli.day_account import outcome_lines, show_findings
from advisorjobs.cli.day_watch import day_table
from advisorjobs.cli.demo import worked_off
from advisorjobs.cli.ground import prepared
from advisorjobs.cli.keepsakes import own_folder
from advisorjobs.settings import Settings

PICTURE = Path(__file__).resolve().parent / "pictures" / "demo.svg"
WIDTH = 100
# rich's own format loads its font over the network; any monospaced one will do
FORMAT = re.sub(r"@font-face \{\{.*?\}\}|<!--.*?-->", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def run_demo() -> tuple[Day, Mapping[str, Any]]:
    settings = Settings.from_environment()
    with tempfile.TemporaryDirectory() as folder, prepared(settings) as database:
        own_folder(Path(folder))
        return worked_off(settings, database, Path(folder), Console(stderr=True))


def draw(day: Day, said: Mapping[str, Any]) -> Console:
    """The last look at the live table, what came out, and what was found."""
    terminal = Console(record=True, width=WIDTH, force_terminal=True, color_system="truecolor", file=io.StringIO())
    terminal.print("[dim]$[/] make demo\n")
    terminal.print(day_table(day))
    for line in outcome_lines(said):
        terminal.print(line, highlight=False)
    show_findings(said["findings"], terminal)
    return terminal


def main() -> None:
    PICTURE.parent.mkdir(exist_ok=True)
    terminal = draw(*run_demo())
    picture = terminal.export_svg(title="AdvisorJobs", code_format=FORMAT, unique_id="demo")
    PICTURE.write_text(re.sub(r"[ \t]+$", "", picture, flags=re.MULTILINE), "utf-8")
    print(f"{PICTURE} has {PICTURE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
