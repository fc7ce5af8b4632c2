"""`python -m ops.soak`: the soak of the row "bloat", and whether its three bars are met."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ops.soak.bloat import soak

__all__ = ["main"]

BARS = {
    "claim p99 while held, over before": 3.0,
    "seconds until under 10 000 dead rows": 300.0,
    "hot tables at the end, over early": 2.0,
}
FULL = 30.0


def main(words: Sequence[str] | None = None) -> int:
    """Runs it and prints the table; 1 if a bar is missed."""
    reads = argparse.ArgumentParser(prog="python -m ops.soak", description=__doc__)
    reads.add_argument("--minutes", type=float, default=FULL, help="of which the middle third is held (default: 30)")
    reads.add_argument("--rate", type=int, default=500, help="jobs a second (default: 500)")
    reads.add_argument("--organizations", type=int, default=0, help="that the jobs are of, in turn (default: none)")
    chosen = reads.parse_args(words)
    figures = soak(chosen.minutes, chosen.rate, chosen.organizations).figures()
    missed = False
    print()
    for name, value in figures.items():
        bar = BARS.get(name)
        if name.startswith("seconds"):
            bar = 300.0 * chosen.minutes / FULL
        verdict = "" if bar is None else f"at most {bar:g}: {'met' if value <= bar else 'MISSED'}"
        missed = missed or (bar is not None and not value <= bar)
        print(f"{name:40} {value:10.2f}  {verdict}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
