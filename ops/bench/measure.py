"""A measure: one round of one question, asked of everything that it compares, in turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ops.bench.peer import Peer
    from ops.bench.server import BenchServer

__all__ = ["Bench", "Measure"]


@dataclass(slots=True)
class Bench:
    """What a measure works with: an own server, the peers that could be installed, and a place for progress.

    `excused`: name of a peer -> why it has no figures; it is asked no more. `say`: shows what is going on.
    """

    server: BenchServer
    peers: list[Peer]
    say: Callable[[str], None] = print
    excused: dict[str, str] = field(default_factory=dict)

    def excuse(self, name: str, why: str) -> None:
        """Leaves *name* out from here on, and says so."""
        self.excused[name] = why
        self.say(f"skipped {name}: {why}")


@dataclass(frozen=True, slots=True)
class Measure:
    """`take` gives one round's figures by name: a peer's name, or "peer: detail". `rounds`: at most so many of them."""

    name: str
    title: str
    unit: str
    take: Callable[[Bench], Mapping[str, float]]
    rounds: int | None = None
