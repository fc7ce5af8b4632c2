"""What hostile documents cost: `python ops/hostile_figures.py [FOLDER]` prints seconds and peak memory of each.

Each is read in a process of its own, which is ended after a minute. FOLDER: more files, as ../shared/data/hostile.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from ops.accuracy import Outcome, process
from ops.hostile_files import HOSTILE_FILES

_PATIENCE = 60.0


def measured(path: Path) -> Outcome | str:
    """What came of the file, or how its process ended."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(process, path).result(_PATIENCE)
        except TimeoutError:
            for child in list(pool._processes.values()):  # noqa: SLF001 – ends what never would
                child.kill()
            return f"killed after {_PATIENCE:.0f} s"
        except BrokenProcessPool:
            return "its process died"


def files(folder: Path, more: Path | None) -> Iterator[Path]:
    for name, hostile in HOSTILE_FILES.items():
        path = folder / name
        path.write_bytes(hostile.make())
        yield path
    yield from sorted(more.glob("*.pdf")) if more else ()


def main() -> int:
    more = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    print(f"{'file':22s} {'kB':>7s} {'seconds':>8s} {'MiB':>6s}  outcome")
    with tempfile.TemporaryDirectory() as folder:
        for path in files(Path(folder), more):
            outcome = measured(path)
            size = path.stat().st_size // 1000
            if isinstance(outcome, str):
                print(f"{path.name:22s} {size:7d} {'':8s} {'':6s}  {outcome}", flush=True)
                continue
            end = outcome.refusal or f"read as {outcome.type}, {outcome.pages} pages"
            print(f"{path.name:22s} {size:7d} {outcome.seconds:8.2f} {outcome.mebibytes:6d}  {end[:90]}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
