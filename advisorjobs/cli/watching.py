"""Watching documents while they are worked on: a live table on a terminal, a line per finished step elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from advisorjobs.cli.progress import PIPELINE, Progress, Step

__all__ = ["table", "watch"]

PAUSE = 0.15
MARKS = {"completed": ("✓", "green"), "waiting": ("·", "dim"), "retrying": ("↻", "yellow")}
SPINNER = Spinner("dots", style="cyan")


def watch(look: Callable[[], Sequence[Progress]], console: Console) -> Sequence[Progress]:
    """Calls *look* until all documents are over, showing them on *console*; returns the last look."""
    if not console.is_terminal:
        return follow(look, console)
    with Live(console=console, refresh_per_second=12, transient=False) as live:
        while True:
            documents = look()
            live.update(table(documents))
            if all(document.over for document in documents):
                return documents
            time.sleep(PAUSE)


def follow(look: Callable[[], Sequence[Progress]], console: Console) -> Sequence[Progress]:
    told: set[tuple[str, str]] = set()
    while True:
        documents = look()
        for line in news(documents, told):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        if all(document.over for document in documents):
            return documents
        time.sleep(PAUSE)


def news(documents: Iterable[Progress], told: set[tuple[str, str]]) -> Iterable[str]:
    """A line for each step that has ended and wasn't told of before; *told* remembers."""
    for document in documents:
        for step in document.steps.values():
            key = (document.document_id, step.name)
            if step.lives or key in told:
                continue
            told.add(key)
            took = f" after {step.run_ms / 1000:.1f} s" if step.run_ms is not None else ""
            yield f"{Path(document.file).name}: {step.name} {ending(step)}{took}"


def ending(step: Step) -> str:
    if step.undone:
        return "not done: no scanner is set"
    return "done" if step.state == "completed" else f"{step.state} ({step.error_code or 'no code'})"


def table(documents: Iterable[Progress]) -> Table:
    """A row per document, a column per step."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column("document", overflow="ellipsis", no_wrap=True, max_width=44)
    for heading in PIPELINE.values():
        shown.add_column(heading, justify="center")
    shown.add_column("time", justify="right", min_width=7)
    for document in documents:
        marks = [mark(document.steps.get(name)) for name in PIPELINE]
        shown.add_row(Text(Path(document.file).name), *marks, f"{document.seconds:.1f} s")
    return shown


def mark(step: Step | None) -> Text | Spinner:
    if step is None:
        return Text("")
    if step.state == "running":
        return SPINNER
    if step.undone:
        return Text("–", "dim")
    return Text(*MARKS.get(step.state, ("✗", "red")))


def by_id(documents: Iterable[Progress]) -> Mapping[str, Progress]:
    return {document.document_id: document for document in documents}
