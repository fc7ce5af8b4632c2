"""No file and no function grows past what can be read in one go."""

from __future__ import annotations

import ast

from tests.house.tree import parse, shown, sources

FOLDERS = ("advisorjobs", "tasks", "migrations", "templates", "ops", "tests")
FILE_LIMIT = 400
FUNCTION_LIMIT = 50


def test_no_file_has_more_than_400_lines() -> None:
    lengths = {shown(path): len(path.read_text("utf-8").splitlines()) for path in sources(*FOLDERS)}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LIMIT} == {}


def test_no_function_has_more_than_50_lines() -> None:
    lengths = {
        f"{shown(path)}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in sources(*FOLDERS)
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LIMIT} == {}
