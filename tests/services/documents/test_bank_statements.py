"""Bank statements in the ways in which banks print them: every movement with its sign and year, and the balances."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pypdfium2
import pytest

from advisorjobs.services.documents.classification import classify
from advisorjobs.services.documents.extraction import Extraction, extract
from advisorjobs.services.documents.statements import same_number
from advisorjobs.services.reading.local import LocalReader
from tests.services.documents.bank_statement import (
    GERMAN_IBAN,
    LAYOUTS,
    MOVES,
    OPENING,
    Move,
    closing,
    letters_behind,
)

MANY = tuple(
    Move(
        date(2024, 1, 2) + timedelta(days=number // 4),
        f"Purchase number {number} of the year",
        Decimal("-1.25") * number,
    )
    for number in range(1, 91)
)
LONG = [name for name in LAYOUTS if name in ("paid_out_and_in", "debit_and_credit_columns")]


def understood(folder: Path, pdf: bytes) -> Extraction:
    path = folder / "statement.pdf"
    path.write_bytes(pdf)
    reading = LocalReader().read(path)
    kind = classify(reading)
    assert kind.type == "bank_statement", kind
    return extract(reading, kind=kind.type)


def moves_of(found: Extraction) -> list[tuple[str | None, Decimal]]:
    return [(line.date, Decimal(line.amount or "NaN")) for line in found.lines]


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_movement_has_its_day_and_sign(name: str, tmp_path: Path) -> None:
    layout, number = LAYOUTS[name]
    found = understood(tmp_path, layout(MOVES, OPENING))

    expected = [(move.day.isoformat(), move.amount) for move in MOVES]
    assert sorted(moves_of(found)) == sorted(expected)
    assert found.statement is not None
    assert (found.statement.opening, found.statement.closing) == (OPENING, closing())
    assert found.statement.missing == 0
    assert found.statement.number == number
    assert all(any(line.description.startswith(move.text) for line in found.lines) for move in MOVES)


@pytest.mark.parametrize("name", LAYOUTS)
def test_an_account_that_is_overdrawn_is_so_before_and_after(name: str, tmp_path: Path) -> None:
    layout, _ = LAYOUTS[name]
    found = understood(tmp_path, layout(MOVES, Decimal("100.00")))

    assert found.statement is not None
    assert found.statement.closing == closing(opening=Decimal("100.00")) < 0
    assert found.statement.missing == 0


@pytest.mark.parametrize("name", LONG)
def test_a_statement_of_many_pages_has_each_movement_once(name: str, tmp_path: Path) -> None:
    layout, _ = LAYOUTS[name]
    opening = Decimal("9000.00")
    found = understood(tmp_path, layout(MANY, opening))

    assert moves_of(found) == [(move.day.isoformat(), move.amount) for move in MANY]
    assert found.statement is not None
    assert (found.statement.opening, found.statement.closing) == (opening, closing(MANY, opening))
    assert found.statement.missing == 0


def test_a_closing_balance_that_doesnt_fit_shows_in_what_is_missing(tmp_path: Path) -> None:
    found = understood(tmp_path, letters_behind(said=closing() + Decimal("10.00")))

    assert found.statement is not None
    assert found.statement.missing == Decimal("10.00")


def test_a_shop_called_like_a_balance_is_a_movement(tmp_path: Path) -> None:
    shop = replace(MOVES[0], text="New Balance Store USD 12.00 at 1.95")
    layout, _ = LAYOUTS["paid_out_and_in"]
    found = understood(tmp_path, layout((shop, *MOVES[1:]), OPENING))

    assert moves_of(found)[0] == ("2023-12-28", Decimal("-23.40"))
    assert found.statement is not None
    assert found.statement.missing == 0


def test_a_scanned_statement_is_read_with_its_signs(tmp_path: Path) -> None:
    layout, _ = LAYOUTS["debit_and_credit_columns"]
    page = pypdfium2.PdfDocument(layout(MOVES, OPENING))[0].render(scale=150 / 72, grayscale=True).to_pil()
    page.save(tmp_path / "scan.png")
    reading = LocalReader().read(tmp_path / "scan.png")
    found = extract(reading, kind=classify(reading).type)

    assert moves_of(found) == [(move.day.isoformat(), move.amount) for move in MOVES]
    assert found.statement is not None
    assert (found.statement.missing, found.statement.number) == (0, GERMAN_IBAN)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("DE02120300000000202051", "DE02 1203 0000 0000 2020 51", True),
        ("DE02120300000000202051", "0000202051", True),
        ("202051", "0000202051", True),
        ("XXXXXX7712", "000123457712", True),
        ("**** 7712", "XXXXXX7712", True),
        ("XXXXXX7712", "000123457713", False),
        ("DE02120300000000202051", "02051", False),
        ("DE02120300000000202051", "DE75512108001245126199", False),
        ("123456", "99123456", False),
    ],
)
def test_numbers_of_one_account_are_recognised(one: str, other: str, same: bool) -> None:
    assert same_number(one, other) is same
    assert same_number(other, one) is same
