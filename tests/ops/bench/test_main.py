"""The command refuses what it does not know, before it starts anything; the README shows what was measured last."""

from __future__ import annotations

import pytest

from ops.bench.__main__ import main
from ops.bench.pages import README, in_readme
from ops.bench.results import RESULTS, Results


@pytest.mark.parametrize(
    ("words", "text"), [(["drian"], "no measure 'drian'"), (["drain", "--peers", "celery"], "no peer 'celery'")]
)
def test_an_unknown_name_is_refused_with_those_that_exist(
    words: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(words)

    said = capsys.readouterr().err
    assert text in said
    assert "pickup" in said or "pg-boss" in said


def test_the_readme_shows_the_figures_that_are_kept() -> None:
    text = README.read_text("utf-8")

    assert in_readme(text, Results.read(RESULTS)) == text
