"""The clients' papers: drawn as files that can be read, and saying what the books say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pypdfium2
import pytest

from advisorjobs.practice.drawing import draw
from advisorjobs.practice.invented import ARRIVING, invented_practice
from advisorjobs.practice.papers import Paper, papers
from advisorjobs.practice.rows import Firm, total

TODAY = date(2026, 11, 28)


@pytest.fixture(scope="module")
def firm() -> Firm:
    return invented_practice(7, TODAY)[0]


def money(text: str) -> Decimal:
    return Decimal(text.replace(",", "") or "0")


def text_of(file: bytes) -> str:
    with pypdfium2.PdfDocument(file) as document:
        return " ".join(page.get_textpage().get_text_range() for page in document)


def test_there_is_a_bit_of_everything_with_names_of_their_own(firm: Firm) -> None:
    found = papers(firm)

    assert len({paper.file_name for paper in found}) == len(found) == 6
    assert {paper.template for paper in found} == {"invoice", "receipt", "statement"}
    assert {paper.client_id for paper in found} == {client.id for client in firm.clients}
    assert all(paper.file_name.endswith(".jpg") == paper.scanned for paper in found)


def test_a_bill_and_a_receipt_say_what_was_paid(firm: Firm) -> None:
    paid = {each.description.split()[-1]: each for each in firm.transactions if each.amount < 0}
    for paper in papers(firm):
        if paper.template in {"invoice", "receipt"} and paper.client_id != ARRIVING:
            line = paid[paper.says["number"]]
            assert (money(paper.says["total"]), money(paper.says["tax"])) == (-line.amount, -line.tax)
            assert money(paper.says["net"]) + money(paper.says["tax"]) == money(paper.says["total"])


def test_the_bank_statement_goes_on_from_the_books_and_adds_up(firm: Firm) -> None:
    (paper,) = [each for each in papers(firm) if each.template == "statement"]
    first, *lines, last = paper.says["rows"]
    moved = total(money(line["paid_in"]) - money(line["paid_out"]) for line in lines)

    assert money(first["balance"]) == firm.balance(ARRIVING)
    assert money(last["balance"]) == money(first["balance"]) + moved
    assert moved == total(each.amount for each in firm.arriving)
    assert len(lines) == len(firm.arriving)


@pytest.mark.parametrize("number", range(6))
def test_a_paper_is_drawn_as_a_file_that_shows_its_text(firm: Firm, number: int) -> None:
    paper: Paper = papers(firm)[number]
    file = draw(paper)

    assert draw(paper) == file
    if paper.scanned:
        assert file.startswith(b"\xff\xd8\xff")
    else:
        text = text_of(file)
        assert paper.says["number"] in text
        assert all(row["balance"] in text for row in paper.says.get("rows", ()))
        assert paper.says.get("total", "") in text
