"""`advisorjobs email preview`: every mail as files, and no database or server needed for it."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from advisorjobs.cli.main import run

Captured = pytest.CaptureFixture[str]


def test_one_mail_goes_to_three_files(tmp_path: Path, capsys: Captured) -> None:
    page = tmp_path / "new" / "reminder.html"
    assert run(["email", "preview", "invoice_reminder", "--level", "3", "--language", "de", "--output", str(page)]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "Mahnung: Rechnung LB-2026-0117 ist weiter offen",
        *(f"  {page.with_suffix(ending)}" for ending in (".html", ".txt", ".eml")),
    ]
    assert "Trotz zweier Erinnerungen" in page.read_text("utf-8")
    assert "4.317,45" in page.with_suffix(".txt").read_text("utf-8")
    message: Any = message_from_bytes(page.with_suffix(".eml").read_bytes(), policy=default)
    assert message["Subject"] == "Mahnung: Rechnung LB-2026-0117 ist weiter offen"


def test_without_a_place_they_go_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["email", "preview", "welcome", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["subject"] == "Welcome to Paper Lantern Advisors"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["welcome-en.eml", "welcome-en.html", "welcome-en.txt"]


def test_all_mails_in_all_languages(tmp_path: Path, capsys: Captured) -> None:
    assert run(["email", "preview", "--all", str(tmp_path)]) == 0

    assert len(list(tmp_path.glob("*.html"))) == len(list(tmp_path.glob("*.eml"))) == 20
    assert (tmp_path / "invoice_reminder-4-de.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["wellcome"], "did you mean welcome?"), ([], "name one mail"), (["welcome", "--all", "x"], "name one mail")],
)
def test_wrong_use_is_one_line(arguments: list[str], words: str, capsys: Captured) -> None:
    assert run(["email", "preview", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
