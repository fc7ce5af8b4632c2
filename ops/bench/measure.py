"""A measure: one round of one question, asked of everything that it compares, in turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ops.bench.peer_failed import PeerFailed

if TYPE_CHECKING:
    from ops.bench.peer import Peer
    from ops.bench.server import BenchServer

__all__ = ["Bench", "Measure"]


@dataclass(slots=True)
class Bench:
    """What a measure works with: an own server, the peers, and a place for progress.

    `excused`: name of a peer -> why it has no figures; it is asked no more. `say`: shows what is going on.
    """

    server: BenchServer
    peers: list[Peer]
    say: Callable[[str], None] = print
    excused: dict[str, str] = field(default_factory=dict)

    def each(self, measure: str, ask: Callable[[Peer], Mapping[str, float]]) -> dict[str, float]:
        """Asks all peers that take part in *measure*, one after the other; one that fails is left out from here on."""
        figures: dict[str, float] = {}
        for peer in self.peers:
            if measure not in peer.spec.measures or peer.spec.name in self.excused:
                continue
            self.say(f"{measure}: {peer.spec.name}")
            try:
                figures.update(ask(peer))
            except PeerFailed as error:
                self.excused[peer.spec.name] = str(error)
                self.say(f"skipped from here on: {peer.spec.name}: {error}")
        return figures


@dataclass(frozen=True, slots=True)
class Measure:
    """`take` gives one round's figures by name: a peer's name, or "peer: detail". `rounds`: at most so many of them."""

    name: str
    title: str
    unit: str
    take: Callable[[Bench], Mapping[str, float]]
    rounds: int | None = None
