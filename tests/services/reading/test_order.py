"""Reading order over columns, rows and headings."""

from __future__ import annotations

from advisorjobs.services.reading.order import arranged
from advisorjobs.services.reading.page import Box, Word


def words(text: str, left: float, top: float, *, letter: float = 0.012, height: float = 0.015) -> list[Word]:
    """The words of a line that begins at this place."""
    found, at = [], left
    for word in text.split():
        found.append(Word(word, Box(at, top, at + letter * len(word), top + height)))
        at += letter * (len(word) + 1)
    return found


def texts(*lines: list[Word]) -> list[str]:
    return [line.text for line in arranged([word for line in lines for word in line], width=600, height=800)]


def test_columns_of_running_text_are_read_one_after_the_other() -> None:
    left = [words(f"left column has line {name}", 0.05, 0.2 + 0.02 * n) for n, name in enumerate("abcde")]
    right = [words(f"right column has line {name}", 0.55, 0.2 + 0.02 * n) for n, name in enumerate("abcde")]

    found = texts(*left, *right)

    assert found == [*(f"left column has line {x}" for x in "abcde"), *(f"right column has line {x}" for x in "abcde")]


def test_a_heading_over_two_columns_comes_first() -> None:
    heading = words("A heading that runs over both of the columns here", 0.2, 0.1)
    left = [words(f"left column has line {name}", 0.05, 0.2 + 0.02 * n) for n, name in enumerate("abcd")]
    right = [words(f"right column has line {name}", 0.55, 0.2 + 0.02 * n) for n, name in enumerate("abcd")]

    found = texts(*right, *left, heading)

    assert found[0].startswith("A heading")
    assert [text.split()[0] for text in found[1:]] == ["left"] * 4 + ["right"] * 4


def test_a_label_and_its_value_far_to_the_right_are_one_line() -> None:
    found = texts(
        words("Total due", 0.1, 0.5), words("Subtotal", 0.1, 0.45), words("12.00", 0.8, 0.5), words("10.00", 0.8, 0.45)
    )

    assert found == ["Subtotal 10.00", "Total due 12.00"]


def test_a_row_that_rises_a_little_stays_one_row() -> None:
    rising = [Word(f"w{n}", Box(0.1 * n, 0.5 - 0.003 * n, 0.1 * n + 0.05, 0.515 - 0.003 * n)) for n in range(9)]

    assert texts(rising) == [" ".join(f"w{n}" for n in range(9))]


def test_nothing_is_no_lines() -> None:
    assert arranged([], width=600, height=800) == ()
