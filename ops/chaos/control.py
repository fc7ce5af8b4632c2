"""The control run: the fault tests' situations against procrastinate's own worker, and a table of what it fails.

`make chaos-control`. Both engines run the same jobs, faults and judge (tests/faults/); the control gets the periodic task for
stalled jobs that procrastinate's documentation recommends, every second. Situations that only our engine offers (completion in
the job's transaction, time limits, crash points …) are left out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

__all__ = ["main"]

ROOT = Path(__file__).parents[2]
WIDTH = 110


@dataclass(frozen=True, slots=True)
class Row:
    """`number`: of the test plan, as the module's docstring has it; `reason`: why it failed, or None."""

    number: str
    situation: str
    seconds: float
    reason: str | None

    def __str__(self) -> str:
        verdict = "holds" if self.reason is None else f"FAILS: {self.reason}"
        return f"{self.number:>7}  {self.situation}\n         {verdict[:WIDTH]} ({self.seconds:.0f} s)"


def main() -> int:
    """Runs the control and prints the table; the exit status says only whether it could be run."""
    environment = {**os.environ, "TEST_CHAOS_ENGINE": "stock"}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "tests/faults", "--quiet", "--tb=no", f"--junit-xml={report}"]
        subprocess.run([*command, *sys.argv[1:]], cwd=ROOT, env=environment, check=False)
        if not report.exists():
            return 1
        rows = list(rows_of(report))
    print(f"\nprocrastinate's own worker in the same situations: holds {held(rows)} of {len(rows)}\n")
    print("\n".join(map(str, rows)))
    return 0


def held(rows: list[Row]) -> int:
    return sum(row.reason is None for row in rows)


def rows_of(report: Path) -> Iterator[Row]:
    for case in ET.parse(report).iter("testcase"):
        if case.find("skipped") is None:
            failure = case.find("failure")
            failure = case.find("error") if failure is None else failure
            yield Row(
                number=number_of(case.get("classname", "")),
                situation=case.get("name", "").removeprefix("test_").replace("_", " "),
                seconds=float(case.get("time", 0)),
                reason=None if failure is None else reason_of(failure.get("message", "")),
            )


def number_of(classname: str) -> str:
    text = ROOT.joinpath(*classname.split(".")).with_suffix(".py").read_text()
    found = re.search(r"\(([\d, ]+)\)", text.split('"""', 2)[1])
    return found[1] if found else ""


def reason_of(message: str) -> str:
    """The first line, and what state the jobs were left in."""
    first, *rest = message.splitlines()
    states = next((line for line in rest if line.startswith("jobs: ")), "")
    return f"{first.removeprefix('AssertionError: ')} {states}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
