"""What may be printed of a line."""

from __future__ import annotations

import logging

import pytest

from advisorjobs.spoken import WITHHELD, is_own, one_line, words_of

log = logging.getLogger("some.library")


def spoken(*said: object) -> str:
    """What is printed of a library's line that is said here."""
    heard: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = heard.append  # type: ignore[method-assign]
    log.addHandler(handler)
    try:
        log.warning(*said)  # type: ignore[arg-type]
    finally:
        log.removeHandler(handler)
    return words_of(heard[0], own=False)


def record(message: str, *args: object) -> logging.LogRecord:
    """A record of this very line, in whose source *message* may stand."""
    line = record.__code__.co_firstlineno
    return logging.LogRecord("some.library", logging.WARNING, __file__, line, message, args, None)


def test_text_that_stands_in_the_source_is_printed() -> None:
    assert words_of(record("A record of this very line"), own=False) == "A record of this very line"


def test_text_that_was_put_together_is_not() -> None:
    assert words_of(record("".join(["A rec", "ord of Miller"])), own=False) == WITHHELD
    assert spoken({"a": 1}) == WITHHELD
    assert words_of(record(""), own=False) == WITHHELD


def test_values_are_left_out() -> None:
    message = "%s and %5.2f of %(name)s, 100%% sure"  # stands here, so that it is found from here
    where = test_values_are_left_out.__code__.co_firstlineno
    said = logging.LogRecord("some.library", logging.WARNING, __file__, where, message, ("Miller",), None)

    assert words_of(said, own=False) == "… and … of …, 100% sure"


@pytest.mark.parametrize(
    ("logger", "own"), [("advisorjobs", True), ("advisorjobs.x", True), ("advisorjobsx", False), ("mine.y", True)]
)
def test_a_logger_is_ours_by_the_first_part_of_its_name(logger: str, own: bool) -> None:
    assert is_own(logger, {"mine"}) is own


def test_a_line_is_one_line() -> None:
    assert one_line("a\nb\x1b[1m ü") == "a\\nb\\x1b[1m ü"
