"""Shells complete our commands; no database is asked for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from advisorjobs.cli.completion import job_names, queue_lists, queue_names, statuses, worker_types
from tests.fixtures.node import missing

NOWHERE = {"DATABASE_URL": "postgresql://127.0.0.1:1/nowhere", "HOME": "/nonexistent"}
WORDS = {
    "jobs li": "list",
    "jobs list --queue em": "emails",
    "jobs list --status can": "cancelled",
    "jobs list --name document:o": "document:ocr",
    "queues pause doc": "document-processing",
    "queues limit em": "emails",
    "worker --type doc": "document",
    "worker -q emails,web": "emails,webhooks",
    "comple": "completion",
    "completion fi": "fish",
}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **NOWHERE, **environment}
    return subprocess.run(["advisorjobs", *arguments], capture_output=True, text=True, check=False, timeout=60, env=env)


@pytest.mark.parametrize("typed", WORDS)
def test_bash_is_told_what_may_follow(typed: str) -> None:
    words = f"advisorjobs {typed}"
    done = run(COMP_WORDS=words, COMP_CWORD=str(len(words.split()) - 1), _ADVISORJOBS_COMPLETE="complete_bash")

    assert done.stdout.splitlines() == [WORDS[typed]]
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str) -> None:
    done = run("completion", shell)

    assert done.returncode == 0
    assert f"_ADVISORJOBS_COMPLETE=complete_{shell}" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_understands_its_script(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} isn't installed")
    script = tmp_path / "script"
    script.write_text(run("completion", shell).stdout)

    assert subprocess.run([shell, "-n", str(script)], capture_output=True, check=False).returncode == 0


def test_bash_completes_with_its_script() -> None:
    bash = shutil.which("bash")
    if bash is None:
        missing("bash isn't installed")
    script = f"""{run("completion", "bash").stdout}
        COMP_WORDS=(advisorjobs jobs list --queue mainte) COMP_CWORD=4
        _advisorjobs_completion advisorjobs; echo "${{COMPREPLY[@]}}"
    """
    env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **NOWHERE}
    done = subprocess.run([str(bash), "-c", script], capture_output=True, text=True, check=False, env=env)

    assert done.stdout == "maintenance\n"


def test_a_shell_that_isnt_known_is_refused() -> None:
    done = run("completion", "fsh")

    assert done.stderr == "advisorjobs: SHELL='fsh' can't be used: there is no completion for it: did you mean fish?\n"
    assert done.returncode == 2


def test_names_come_from_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    assert queue_names("em") == ["emails"]
    assert queue_lists("critical,em") == ["critical,emails"]
    assert worker_types("") == ["primary", "document", "ai", "scheduled", "all"]
    assert statuses("c") == ["completed", "cancelled"]
    assert "document:ocr" in job_names("document:")
    monkeypatch.setenv("ADVISORJOBS_LEASE", "soon")
    assert job_names("document:") == []
