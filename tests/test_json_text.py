import json
import math
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisorjobs.errors import PayloadError
from advisorjobs.json_text import DEEPEST, LARGEST, json_text


def nested(levels: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(levels - 1):
        value = [value]
    return {"a": value}


@pytest.mark.parametrize(
    ("fields", "place", "rule"),
    [
        ({"note": "a\0b"}, "note", "NUL"),
        ({"lines": [{"text": "x"}, {"text": "\0"}]}, "lines[1].text", "NUL"),
        ({"a": {"b\0": 1}}, "a key of a", "NUL"),
        ({"total": math.nan}, "total", "finite"),
        ({"totals": [1.0, math.inf]}, "totals[1]", "finite"),
        ({"name": "half \ud83d"}, "name", "surrogate"),
        ({"when": date(2024, 1, 1)}, "when", "date"),
        ({"tags": {"a"}}, "tags", "set"),
        (nested(DEEPEST + 1), "a" + "[0]" * (DEEPEST - 1), "deeper"),
        ({"text": "x" * LARGEST}, "payload", "256 kB"),
        ({"text": "ä" * (LARGEST // 2)}, "payload", "256 kB"),
    ],
)
def test_what_postgres_cannot_keep_is_refused_with_its_place(fields: dict[str, Any], place: str, rule: str) -> None:
    with pytest.raises(PayloadError) as caught:
        json_text("document:ocr", fields)
    assert rule in caught.value.fields[place]


def test_a_refusal_never_repeats_the_value() -> None:
    with pytest.raises(PayloadError) as caught:
        json_text("document:ocr", {"iban": "DE02120300000000202051\0"})
    assert "DE02" not in str(caught.value)


def test_a_circle_is_refused() -> None:
    circle: dict[str, Any] = {}
    circle["self"] = circle
    with pytest.raises(PayloadError):
        json_text("document:ocr", circle)


def test_a_backslash_that_only_looks_like_nul_passes() -> None:
    assert json.loads(json_text("j", {"a": "\\u0000"})) == {"a": "\\u0000"}


def test_the_deepest_nesting_allowed_passes() -> None:
    fields = nested(DEEPEST)
    assert json.loads(json_text("j", fields)) == fields


def test_many_brackets_that_are_not_deep_pass() -> None:
    fields = {"rows": [[{"x": 1}] for _ in range(200)]}
    assert json.loads(json_text("j", fields)) == fields


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


@given(st.dictionaries(st.text(max_size=8), json_values, max_size=5))
def test_every_value_comes_back_as_it_was_or_is_refused(fields: dict[str, Any]) -> None:
    try:
        text = json_text("j", fields)
    except PayloadError:
        return
    text.encode()
    assert json.loads(text) == fields
