"""Memory that a function has freed is the system's again before the worker looks at the child's size."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from advisorjobs.engine.child_memory import ChildMemory

Program = Callable[..., subprocess.CompletedProcess[str]]

FREED_BELOW = """
from advisorjobs.engine.child_memory import ChildMemory, resident
memory, before = ChildMemory(), resident()
pieces = [bytes(64 << 10) for _ in range(3000)]
on_top = bytes(64 << 10)
del pieces
freed = resident()
memory.settle()
print((freed - before) >> 20, (resident() - before) >> 20)
"""


@pytest.mark.skipif(ChildMemory()._trim is None, reason="this libc gives memory back by itself, or can't be asked")
def test_what_was_freed_below_something_used_is_given_back(run_python: Program) -> None:
    done = run_python("-c", FREED_BELOW)
    assert done.returncode == 0, done.stderr
    freed, settled = map(int, done.stdout.split())

    assert freed > 80, "libc has kept it"
    assert settled < 20


def test_little_is_not_worth_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    held = iter([100 << 20, 150 << 20, 170 << 20, 110 << 20, 160 << 20])
    monkeypatch.setattr("advisorjobs.engine.child_memory.resident", lambda: next(held))
    memory, trims = ChildMemory(), list[int]()
    memory._trim = trims.append

    memory.settle()
    assert trims == []
    memory.settle()
    assert trims == [0]
    memory.settle()
    assert trims == [0]
