"""Draws the README's picture: a real run of the demo's documents, as a terminal shows it.

    python ops/make_picture.py

Needs what `advisorjobs demo` needs; writes ops/pictures/demo.svg.
"""

from __future__ import annotations

import io
import re
from importlib.resources import files
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from advisorjobs.cli.account import account
from advisorjobs.cli.ground import prepared
from advisorjobs.cli.pipeline import Sent, send_through
from advisorjobs.cli.watching import table
from advisorjobs.settings import Settings

PICTURE = Path(__file__).resolve().parent / "pictures" / "demo.svg"
SHOWN = ("invoice-english.pdf", "receipt-scan.jpg")
# rich's own format loads its font over the network; any monospaced one will do
FORMAT = re.sub(r"@font-face \{\{.*?\}\}|<!--.*?-->", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def run_demo() -> Sent:
    settings = Settings.from_environment()
    samples = sorted(
        str(item) for item in files("advisorjobs.samples").iterdir() if item.name.endswith((".pdf", ".jpg"))
    )
    with prepared(settings) as database:
        return send_through(settings, database, samples, "demo", Console(stderr=True))


def draw(sent: Sent) -> Console:
    """The last look at the live table and the account of two documents."""
    terminal = Console(record=True, width=92, force_terminal=True, color_system="truecolor", file=io.StringIO())
    terminal.print("[dim]$[/] make demo\n")
    terminal.print(table(sent.documents))
    named = [{**each, "file": Path(each["file"]).name, "thumbnail": None} for each in sent.outcomes]
    account([each for each in named if each["file"] in SHOWN], terminal)
    return terminal


def main() -> None:
    PICTURE.parent.mkdir(exist_ok=True)
    terminal = draw(run_demo())
    picture = terminal.export_svg(title="AdvisorJobs", code_format=FORMAT, unique_id="demo")
    PICTURE.write_text(re.sub(r"[ \t]+$", "", picture, flags=re.MULTILINE), "utf-8")
    print(f"{PICTURE} has {PICTURE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
