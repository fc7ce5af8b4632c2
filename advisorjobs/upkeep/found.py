"""What is found of one part of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["WORST", "Found", "Status"]

Status = Literal["ok", "degraded", "failing"]
WORST: Sequence[Status] = ("ok", "degraded", "failing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found of a part. `cure`: what to do, where something is wrong."""

    status: Status = "ok"
    what: str
    cure: str | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)
