"""The figures of the tests of limits and fairness, on runs that were made up."""

from __future__ import annotations

from tests.faults.starts import fullest_window, jain, most_at_once, runs_of, windows
from tests.faults.witness import Entry


def entry(at: float, event: str, job: int = 0, pid: int = 1) -> Entry:
    return Entry(int(at * 1e9), pid, event, job, 1 if job else 0, "")


def test_starts_that_lie_a_whole_window_apart_are_in_no_window_together() -> None:
    assert fullest_window([(0.0, 1), (0.5, 2), (1.0, 1), (1.4, 1)], 1.0) == 4
    assert fullest_window([(0.0, 3), (1.0, 3), (2.0, 3)], 1.0) == 3


def test_a_killed_process_runs_nothing_from_the_moment_before_it_was_killed() -> None:
    entries = [entry(0, "begin", 1), entry(1, "begin", 2, pid=2), entry(2, "kill"), entry(3, "end", 2, pid=2)]

    assert runs_of(entries) == [(0.0, 2.0, 1), (1.0, 3.0, 2)]


def test_a_run_that_begins_as_another_ends_is_not_beside_it() -> None:
    assert most_at_once([(0.0, 1.0, 1), (1.0, 2.0, 2), (1.5, 3.0, 3)]) == 2


def test_even_shares_have_an_index_of_one() -> None:
    assert jain([5, 5, 5, 5]) == 1
    assert jain([20, 0, 0, 0]) == 0.25


def test_a_window_counts_only_while_all_have_work() -> None:
    starts = [(0.0, "a"), (0.5, "b"), (1.1, "a"), (1.2, "a"), (2.1, "b"), (3.0, "b"), (3.5, "b")]

    assert windows(starts, {"a": 4, "b": 4}, 1.0) == [[1, 1], [2, 0], [0, 1]]
