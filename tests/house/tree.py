"""The repository as a tree of Python files, for the tests of its own rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGED = {"advisorjobs": ROOT / "advisorjobs"} | {
    f"advisorjobs.{name}": ROOT / name for name in ("migrations", "tasks", "templates")
}


def sources(*folders: str) -> Iterator[Path]:
    """The Python files below *folders* of the repository."""
    for folder in folders:
        yield from sorted(path for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts)


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))
