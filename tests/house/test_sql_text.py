"""SQL lives in .sql files: what a deploy runs in migrations/, what the program runs in advisorjobs/sql/."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import parse, shown, sources

STATEMENT = re.compile(
    r"\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+\s+AS\s|TRUNCATE\s|COPY\s+\w+|"
    r"(LISTEN|NOTIFY)\s+\w+\s*;?$|SET\s+(LOCAL|SESSION|ROLE)\s|(CREATE|ALTER|DROP)\s+(TABLE|INDEX|FUNCTION|DATABASE|SCHEMA|TYPE|ROLE|VIEW)\s)"
)


def texts(tree: ast.Module) -> list[tuple[int, str]]:
    """The literals of a file that are no docstrings, with their lines; of an f-string its first piece."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    return [
        (node.lineno, node.value if isinstance(node.value, str) else node.value.decode("latin-1"))
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and id(node) not in docstrings
    ]


@pytest.mark.parametrize("path", list(sources("advisorjobs", "tasks")), ids=shown)
def test_a_python_file_holds_no_sql(path: Path) -> None:
    assert [(line, text) for line, text in texts(parse(path)) if STATEMENT.match(text)] == []


def test_the_search_sees_statements_and_not_sentences() -> None:
    found = [text for _, text in texts(ast.parse('a = "SELECT 1"; b = f"DELETE FROM {a}"; c = "Select a file"'))]
    assert [text for text in found if STATEMENT.match(text)] == ["SELECT 1", "DELETE FROM "]
