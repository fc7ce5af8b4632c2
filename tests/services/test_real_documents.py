"""Real documents, where their folder lies beside the repository (`ops/accuracy.py` measures more of them)."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops import accuracy

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data, the folder of real documents, isn't here"),
    pytest.mark.slow,
]


def failures(checks: list[accuracy.Check]) -> list[accuracy.Check]:
    return [check for check in checks if not check.good]


def test_real_invoices_are_understood() -> None:
    assert failures(list(accuracy.invoices(DATA / "invoices"))) == []


def test_a_real_scan_is_read_word_by_word() -> None:
    assert failures(list(accuracy.true_text(DATA / "scans" / "linn.png", DATA / "scans" / "linn.txt"))) == []


def test_hostile_documents_are_refused_or_read_within_their_limits() -> None:
    assert failures(list(accuracy.hostile(DATA / "hostile"))) == []
