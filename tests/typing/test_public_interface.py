"""The public interface as type checkers see it, in a user's program: mypy and pyright, both strict."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

SAMPLES = Path(__file__).parent / "samples"
PROGRAMS = sorted(SAMPLES.glob("*.py"))
Found = set[tuple[str, int]]


def marked(path: Path) -> Found:
    lines = path.read_text("utf-8").splitlines()
    return {(path.name, number) for number, line in enumerate(lines, 1) if line.endswith("# wrong")}


def mypy(folder: Path) -> tuple[Found, str]:
    """Where mypy --strict finds fault with the samples: without our own configuration and plugins, as a user runs it."""
    command = [
        sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "--cache-dir", str(folder),
        "--follow-imports", "silent", "--explicit-package-bases", *map(str, PROGRAMS),
    ]  # fmt: skip
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = re.findall(r"^.*?(\w+\.py):(\d+): error", done.stdout, re.MULTILINE)
    return {(name, int(line)) for name, line in found}, done.stdout


def pyright(folder: Path) -> tuple[Found, str]:
    """As `mypy`. basedpyright is pyright with the node that it needs as a wheel; its own additional rules stay off."""
    settings = {"include": [str(path) for path in PROGRAMS], "extraPaths": [str(ROOT)], "typeCheckingMode": "strict"}
    settings |= {"reportUnusedVariable": False}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "basedpyright", "--project", str(folder), "--outputjson"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    report = json.loads(done.stdout)["generalDiagnostics"]
    wrong = [each for each in report if each["severity"] == "error"]
    text = "\n".join(f"{each['file']}:{each['range']['start']['line'] + 1}: {each['message']}" for each in wrong)
    return {(Path(each["file"]).name, each["range"]["start"]["line"] + 1) for each in wrong}, text


@pytest.mark.slow
@pytest.mark.parametrize("checker", [mypy, pyright], ids=["mypy", "pyright"])
def test_a_users_program_has_exact_types_and_mistakes_are_found(checker: object, tmp_path: Path) -> None:
    found, report = checker(tmp_path)  # type: ignore[operator]
    assert found == {place for path in PROGRAMS for place in marked(path)}, report


def test_the_package_says_that_it_is_typed() -> None:
    assert (ROOT / "advisorjobs" / "py.typed").is_file()
