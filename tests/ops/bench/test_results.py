"""Figures survive a round trip, and a median is of all rounds."""

from __future__ import annotations

from pathlib import Path

from ops.bench.results import Results, Taken


def test_figures_are_read_as_they_were_written(tmp_path: Path) -> None:
    taken = Taken("Drained", "jobs/s", {"cores": 2}, {"ours": [3.0, 1.0]}, {"theirs": "npm is not installed"})
    results = Results({"drain": taken}, {"pg-boss": "12.38.0"})

    results.write(tmp_path / "results.json")

    assert Results.read(tmp_path / "results.json") == results
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_without_a_file_nothing_was_measured(tmp_path: Path) -> None:
    assert Results.read(tmp_path / "results.json") == Results()


def test_the_median_is_of_all_rounds() -> None:
    taken = Taken("Drained", "jobs/s")
    for value in (5.0, 1.0, 3.0):
        taken.add({"ours": value})

    assert taken.median("ours") == 3.0
    assert taken.median("theirs") is None
