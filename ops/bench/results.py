"""The raw figures of the benchmark: results.json, one entry a measure, each with when and where it was taken."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["RESULTS", "Results", "Taken"]

RESULTS = Path(__file__).parent / "results.json"


@dataclass(slots=True)
class Taken:
    """One measure's figures: name -> its value in each round.

    `conditions`: date and cores. `excused`: name of a peer -> why it has no figures, or fewer.
    """

    title: str
    unit: str
    conditions: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, list[float]] = field(default_factory=dict)
    excused: dict[str, str] = field(default_factory=dict)

    def add(self, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self.figures.setdefault(name, []).append(round(value, 4))

    def median(self, name: str) -> float | None:
        """None where there is no such figure."""
        values = self.figures.get(name)
        return statistics.median(values) if values else None


@dataclass(slots=True)
class Results:
    """`measures`: by name. `versions`: of every peer and server."""

    measures: dict[str, Taken] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Results:
        """What was measured before; nothing, where there is no file."""
        if not path.exists():
            return cls()
        found = json.loads(path.read_text("utf-8"))
        measures = {name: Taken(**entry) for name, entry in found.pop("measures").items()}
        return cls(measures, **found)

    def write(self, path: Path) -> None:
        """Puts the file in place whole: an interrupted run leaves what was measured until then."""
        document = {
            "measures": {name: asdict(taken) for name, taken in self.measures.items()},
            "versions": self.versions,
        }
        part = path.with_suffix(".part")
        part.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
        os.replace(part, path)
