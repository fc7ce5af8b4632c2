"""One line of what `doctor` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`state`: ok, note (works, but know this) or wrong (`text` ends in the cure)."""

    about: str
    state: Literal["ok", "note", "wrong"]
    text: str
