"""Numbers in a model's words: only those that code gave, as the language writes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from advisorjobs.services.ai.narration import Item, Statement, Words, narrate, numbers
from advisorjobs.services.ai.wording import Wording

EN, DE = Wording("en"), Wording("de")


class Repeater:
    """What stands for a model here is its answer; the real one is in tests/tasks/test_ai_azure.py."""

    engine = "azure:test"

    def __init__(self, words: Words) -> None:
        self.words, self.asked = words, list[Any]()

    def ask(self, prompt: Any, form: Any) -> Any:
        self.asked.append(prompt)
        return self.words


def told(title: str, text: str, summary: str = "Fine.", wording: Wording = EN) -> Any:
    repeater: Any = Repeater(Words(summary=summary, items=[Item(key="a", title=title, text=text)]))
    statements = [
        Statement(
            "a", "Income: 1,200.50 EUR", "Income was 1,200.50 EUR on 4 May 2026, 12.5% more, from Rook.", ("Rook",)
        ),
        Statement("b", "Costs: 80.00 EUR", "Costs were 80.00 EUR.", ()),
    ]
    return narrate(repeater, statements, topic="t", summary="Own summary.", wording=wording, private=("Larkspur",))


@pytest.mark.parametrize(
    ("text", "wording", "found"),
    [
        ("1,234.50 EUR and 12.4%", EN, {"1234.5", "12.4"}),
        ("1.234,50 EUR und 12,4 %", DE, {"1234.5", "12.4"}),
        ("on 4 May 2026.", EN, {"4", "2026"}),
        ("am 4. Mai 2026", DE, {"4", "2026"}),
        ("none in [P1] and [P12]", EN, set()),
        ("0900-123", EN, {"900", "123"}),
    ],
)
def test_numbers_are_read_as_the_language_writes_them(text: str, wording: Wording, found: set[str]) -> None:
    assert numbers(text, wording) == {Decimal(each).normalize() for each in found}


def test_words_that_keep_to_the_figures_are_taken_and_names_put_back() -> None:
    narrative = told(
        "Well: 1,200.50 EUR", "[P1] paid you 1,200.50 EUR, which is 12.5% more.", "It was 80.00 EUR in costs."
    )

    assert narrative.statements[0].text == "Rook paid you 1,200.50 EUR, which is 12.5% more."
    assert (narrative.engine, narrative.summary, narrative.refused) == ("azure:test", "It was 80.00 EUR in costs.", 0)
    assert narrative.statements[1].text == "Costs were 80.00 EUR."


@pytest.mark.parametrize(
    "text",
    [
        "It was 1,200.51 EUR.",
        "It was 1200 EUR, about.",
        "Costs of 80.00 EUR belong to the other statement.",
        "[P2] paid it.",
        "See https://evil.example",
        "Write to a@example.com",
        "<b>bold</b>",
        "12,5 %",
    ],
)
def test_words_with_anything_else_are_left_out(text: str) -> None:
    narrative = told("Fine", text)

    assert narrative.refused == 1
    assert narrative.statements[0].text.startswith("Income was 1,200.50 EUR")


def test_a_summary_with_another_number_is_replaced_by_our_own() -> None:
    narrative = told("Fine", "Fine.", summary="You have 3 good years ahead.")

    assert (narrative.engine, narrative.summary) == ("local", "Own summary.")


def test_amounts_and_days_are_written_as_the_language_does() -> None:
    assert EN.money(Decimal("-1234.5")) == "-1,234.50 EUR"
    assert DE.money(Decimal("-1234.5")) == "-1.234,50 EUR"
    assert (EN.percent(0.1249), DE.percent(0.1249)) == ("12.5%", "12,5 %")
    assert Wording("fr").spoken == "en"


def test_every_sentence_exists_in_both_languages() -> None:
    from advisorjobs.services.ai import wording

    for key, sentence in wording._sentences().items():
        assert set(sentence) == {"en", "de"}, key
        holes = [sorted(_holes(sentence[language])) for language in ("en", "de")]
        assert holes[0] == holes[1], key


def _holes(sentence: str) -> set[str]:
    from string import Formatter

    return {name for _, name, _, _ in Formatter().parse(sentence) if name}
