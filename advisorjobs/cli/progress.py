"""How far documents are: what sql/document_states.sql says, and what follows from it. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

__all__ = ["PIPELINE", "Progress", "Step", "gather"]

PIPELINE: Mapping[str, str] = {
    "document:virus_scan": "scan",
    "document:ocr": "read",
    "document:classify": "type",
    "document:extract": "fields",
    "document:thumbnail": "picture",
}
"""The steps of a document and their headings."""

REQUIRED = tuple(name for name in PIPELINE if name != "document:thumbnail")
"""A document is complete without a picture of its first page."""

LIVING = frozenset({"waiting", "running", "retrying"})


@dataclass(frozen=True, slots=True)
class Step:
    """One job of a document's pipeline. `state`: waiting, running, retrying, or how its last run ended."""

    name: str
    job_id: int
    state: str
    run_ms: int | None
    error_code: str | None
    error_message: str | None
    result: Mapping[str, Any] | None = None

    @property
    def lives(self) -> bool:
        return self.state in LIVING

    @property
    def undone(self) -> bool:
        """Whether it ended well without having done anything: a virus check without a scanner."""
        return self.state == "completed" and (self.result or {}).get("scan") == "not_scanned"

    @property
    def failed(self) -> bool:
        return not self.lives and self.state != "completed"


@dataclass(frozen=True, slots=True)
class Progress:
    """One document. `seconds` since it was added, or until its last job ended."""

    file: str
    document_id: str
    steps: Mapping[str, Step]
    seconds: float

    @property
    def over(self) -> bool:
        return bool(self.steps) and not any(step.lives for step in self.steps.values())

    @property
    def failure(self) -> Step | None:
        """The step that ended it, if one did."""
        return next((self.steps[name] for name in REQUIRED if name in self.steps and self.steps[name].failed), None)

    @property
    def completed(self) -> bool:
        last = self.steps.get(REQUIRED[-1])
        return self.over and last is not None and last.state == "completed"


def gather(
    files: Mapping[str, str], rows: Iterable[Mapping[str, Any]], before: Mapping[str, Progress]
) -> list[Progress]:
    """The documents in the order of *files* (document id -> file). One that was over *before* keeps its time."""
    steps: dict[str, dict[str, Step]] = {document_id: {} for document_id in files}
    ages: dict[str, float] = {}
    for row in rows:
        found = Step(**{field.name: row[field.name] for field in fields(Step)})
        steps[row["document_id"]][found.name] = found
        ages[row["document_id"]] = row["age"]
    found_now = []
    for document_id, file in files.items():
        earlier = before.get(document_id)
        seconds = earlier.seconds if earlier and earlier.over else ages.get(document_id, 0.0)
        found_now.append(Progress(file, document_id, steps[document_id], seconds))
    return found_now
