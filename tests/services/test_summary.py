"""The summary without a model: sentences of the text itself, in order, none that says the same again."""

from __future__ import annotations

import pytest

from advisorjobs.services.summary import sentences, summarized

LETTER = """Dear Ms Quill,

The lease for the workshop ends in September. The landlord offers a new lease for the workshop at a higher rent.
We need your answer about the new lease before the end of June. The weather in our town has been pleasant this spring.
The lease for the workshop ends in September.

Kind regards
"""


def test_the_sentences_are_the_texts_own_and_in_order() -> None:
    chosen = summarized(LETTER, most=2)

    assert len(chosen) == 2
    assert all(" ".join(LETTER.split()).find(sentence) >= 0 for sentence in chosen)
    assert [LETTER.replace("\n", " ").find(sentence) for sentence in chosen] == sorted(
        LETTER.replace("\n", " ").find(sentence) for sentence in chosen
    )
    assert "The weather in our town has been pleasant this spring." not in chosen


def test_nothing_is_said_twice() -> None:
    assert len(set(summarized(LETTER, most=9))) == len(summarized(LETTER, most=9)) == 4


@pytest.mark.parametrize("text", ["", "12.50 EUR\n\nTotal", "word " * 1000, "\0\n.. !! ??"])
def test_a_text_without_sentences_has_no_summary(text: str) -> None:
    assert summarized(text) == []


def test_breaks_are_found_in_other_languages() -> None:
    text = "Der Vertrag endet im nächsten September ganz automatisch. Übernehmen Sie die Werkstatt danach weiter?"
    assert len(sentences(text)) == 2
