"""Which files several test processes take first."""

from __future__ import annotations

from tests.fixtures.turns import MANY, by_turns


def test_long_files_come_before_small_ones_and_after_those_of_many_tests() -> None:
    tests = [("small", False)] * 2 + [("long", False), ("long", True)] + [("many", False)] * MANY
    tests += [("more", False)] * (MANY + 1) + [("long and many", True)] * MANY
    assert sorted({file for file, _ in tests}, key=by_turns(tests)) == [
        "more",
        "many",
        "long and many",
        "long",
        "small",
    ]
