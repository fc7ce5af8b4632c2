"""Which release's tables a database holds, decided from what is in it."""

from __future__ import annotations

import pytest

from advisorjobs.database.takeover import best_match
from advisorjobs.errors import NotMigrated

BUILT = [frozenset("a"), frozenset("abo"), frozenset("ab"), frozenset("abc")]


def test_it_is_the_step_whose_objects_are_there_exactly() -> None:
    assert [best_match(step, BUILT) for step in BUILT] == [1, 2, 3, 4]


def test_objects_of_the_applications_own_change_nothing() -> None:
    assert best_match(frozenset("abcx"), BUILT) == 4


def test_a_step_that_changed_nothing_counts_as_taken() -> None:
    assert best_match(frozenset("a"), [frozenset("a"), frozenset("a")]) == 2


def test_what_is_missing_from_the_nearest_release_is_named() -> None:
    with pytest.raises(NotMigrated, match="lacking or changed: b"):
        best_match(frozenset("xc"), [frozenset("bc")])
