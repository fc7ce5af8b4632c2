"""What `doctor` says of jobs that are known by name and payload, and whose function isn't here yet."""

from __future__ import annotations

from advisorjobs.catalogue import Catalogue
from advisorjobs.finding import Finding
from advisorjobs.settings import Settings

__all__ = ["declared"]


def declared(settings: Settings) -> Finding:
    """Which jobs wait when they are queued, until a worker comes that has their function."""
    try:
        catalogue = Catalogue.load(settings.imports)
    except (ImportError, ValueError) as error:
        return Finding("jobs", "wrong", f"the modules with jobs can't be read: {error}")
    waiting = catalogue.declared_only()
    if not waiting:
        return Finding("jobs", "ok", f"all {len(catalogue)} have their function")
    return Finding(
        "jobs",
        "note",
        f"{len(waiting)} of {len(catalogue)} wait for a worker with their function: {', '.join(waiting)}",
    )
