"""One line of what `doctor` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`state`: ok, note (works, but know this) or wrong. `what` was found, the figure or name it is about as `value` for
    machines, and as `cure` what to do."""

    about: str
    state: Literal["ok", "note", "wrong"]
    what: str
    cure: str = ""
    value: Any = None

    @property
    def text(self) -> str:
        """The whole line."""
        return f"{self.what}: {self.cure}" if self.cure else self.what
