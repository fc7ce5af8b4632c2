"""What the code imports is in the locks: a package that only this machine has would be missing elsewhere."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.house.tree import ROOT, parse, shown, sources

OWN = {"advisorjobs", "tasks", "tests", "ops"}


def locked(locks: str) -> set[str]:
    """The names of the packages in these locks, as package indexes compare them."""
    text = "".join((ROOT / "requirements" / lock).read_text() for lock in locks.split())
    return {name.lower().replace("_", "-") for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}


def foreign_imports(path: Path) -> set[str]:
    """The top-level names that a file imports from elsewhere than the standard library, itself and its own folder."""
    names: set[str] = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return {name for name in names - sys.stdlib_module_names - OWN if not path.with_name(f"{name}.py").exists()}


def of_another_extra(path: Path, locks: str) -> set[str]:
    """The one file that pytest alone imports, and what it may therefore import: the extra `testing`."""
    return {"pytest"} if locks == "all.txt" and shown(path) == "advisorjobs/testing/plugin.py" else set()


@pytest.mark.parametrize(
    ("locks", "folders"),
    [
        ("all.txt", ("advisorjobs", "tasks", "migrations", "templates")),
        ("dev.txt", ("tests", "advisorjobs/testing")),
        ("dev.txt bench.txt", ("ops",)),  # what only the benchmark's own environment has, isn't installed here
    ],
)
def test_every_import_comes_from_a_locked_package(locks: str, folders: tuple[str, ...]) -> None:
    providers, present = packages_distributions(), locked(locks)
    missing = {
        f"{shown(path)}: {name}"
        for path in sources(*folders)
        for name in foreign_imports(path) - of_another_extra(path, locks)
        if not {provider.lower().replace("_", "-") for provider in providers.get(name, (name,))} & present
    }
    assert missing == set(), f"add what they come from to pyproject.toml and run `make lock` (looked in {locks})"
