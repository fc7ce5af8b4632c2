"""`advisorjobs jobs list`: pages for people and machines, as the inspector finds them (tests/inspector/test_job_search.py)."""

from __future__ import annotations

import json

import pytest

from tests.fixtures.apps import Program
from tests.fixtures.desk import Desk


def test_people_and_machines_get_the_same(desk: Desk, run_python: Program) -> None:
    jobs = desk.enqueue(3, organization_id="org-7", tags=["import"])
    shown = run_python("-m", "advisorjobs", "jobs", "list", "--limit", "2")
    assert [line.split()[0] for line in shown.stdout.splitlines()] == ["id", str(jobs[2]), str(jobs[1])]
    assert shown.stderr == f"older ones: --before {jobs[1]}\n"

    done = run_python("-m", "advisorjobs", "jobs", "list", "--tag", "import", "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["id"] for each in told] == jobs[::-1]
    assert told[0]["status"] == "waiting"
    assert told[0]["tags"] == ["import"]
    assert "payload" not in told[0]


def test_conditions_are_those_of_the_search(desk: Desk, run_python: Program) -> None:
    desk.enqueue(2, args={"document_id": "doc-1"})
    (wanted,) = desk.enqueue(args={"document_id": "doc-17"}, unique_key="k")
    failed, *_ = desk.claim(free=1)
    desk.settle(failed, status="failed", final=True, error_code="network", fingerprint="f1")

    def listed(*arguments: str) -> list[int]:
        shown = run_python("-m", "advisorjobs", "jobs", "list", "--json", *arguments)
        assert shown.returncode == 0, shown.stderr
        return [json.loads(line)["id"] for line in shown.stdout.splitlines()]

    assert listed("--payload", "document_id=doc-17") == [wanted]
    assert listed("--unique-key", "k", "--status", "waiting") == [wanted]
    assert listed("--error", "network", "--fingerprint", "f1") == [failed.id]
    assert listed("--before", str(wanted), "--limit", "1") == [wanted - 1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--name", "document:orc"], "there is no job 'document:orc': did you mean 'document:ocr'?"),
        (["--since", "yesterday"], "--since='yesterday' can't be used: must be a date and time"),
        (["--limit", "0"], "Invalid value for '--limit'"),
        (["--status", "waitin"], "--status='waitin' can't be used: is no status of a job: did you mean waiting?"),
        (["--before", "x"], "before='x' can't be used: is no place in a list of jobs"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(run_python: Program, arguments: list[str], words: str) -> None:
    done = run_python("-m", "advisorjobs", "jobs", "list", *arguments)

    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert words in line
    assert done.returncode == 2
