"""How a sync goes: what is left to read, in which way, and from where. Pure; its JSON is kept in practice_connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

__all__ = ["KINDS", "Cursor", "begun", "resumed"]

KINDS = ("customers", "accounts", "invoices", "payments")
"""In the order in which they refer to each other."""

LOOK_BACK = timedelta(days=29)
"""Change data capture knows 30 days; the day is for clocks."""

OVERLAP = timedelta(minutes=5)
"""Changes so long before the start of the last run are asked for again: clocks differ, and coming twice changes nothing."""

STALE = timedelta(days=1)
"""An interrupted sync that is older begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """`left`: kinds still to read, the first from `position` on. `whole`: those that are read completely, page by page,
    rather than their changes `since`. `counts`: objects that came in so far. `full`: everything was asked for.
    """

    kinds: tuple[str, ...]
    left: tuple[str, ...]
    whole: tuple[str, ...]
    started: datetime
    since: datetime | None = None
    full: bool = False
    position: int = 1
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.left[0]

    @property
    def reads_whole(self) -> bool:
        return self.kind in self.whole

    def turned_page(self, came: int, *, size: int) -> Cursor:
        """After a page, or the changes, of the first kind: the next page, or the next kind."""
        counts = {**self.counts, self.kind: self.counts.get(self.kind, 0) + came}
        if self.reads_whole and came >= size:
            return replace(self, counts=counts, position=self.position + came)
        return replace(self, counts=counts, left=self.left[1:], position=1)

    def without_changes(self) -> Cursor:
        """The first kind has changed too much: it is read completely."""
        return replace(self, whole=(*self.whole, self.kind))

    def to_json(self) -> dict[str, Any]:
        return {
            "kinds": list(self.kinds),
            "left": list(self.left),
            "whole": list(self.whole),
            "started": self.started.isoformat(),
            "since": self.since.isoformat() if self.since else None,
            "full": self.full,
            "position": self.position,
            "counts": dict(self.counts),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(
            kinds=tuple(value["kinds"]),
            left=tuple(value["left"]),
            whole=tuple(value["whole"]),
            started=datetime.fromisoformat(value["started"]),
            since=_moment(value["since"]),
            full=value["full"],
            position=value["position"],
            counts=value["counts"],
        )


def begun(
    kinds: Sequence[str], *, full: bool, since: datetime | None, synced_at: datetime | None, now: datetime
) -> Cursor:
    """A new sync of *kinds*: of the changes since then, or since the last run; of everything where that is too long ago."""
    ordered = tuple(kind for kind in KINDS if kind in kinds)
    start = None if full else since or (synced_at and synced_at - OVERLAP)
    whole = start is None or now - start > LOOK_BACK
    return Cursor(
        kinds=ordered,
        left=ordered,
        whole=ordered if whole else (),
        started=now,
        since=None if whole else start,
        full=full,
    )


def resumed(found: Mapping[str, Any] | None, wanted: Cursor) -> Cursor | None:
    """The interrupted sync that *found* tells of, if it does all that is *wanted* now."""
    if found is None:
        return None
    cursor = Cursor.from_json(found)
    whole = set(cursor.whole) >= set(cursor.kinds)
    enough = whole if wanted.since is None else whole or (cursor.since is not None and cursor.since <= wanted.since)
    fresh = wanted.started - cursor.started < STALE
    return cursor if cursor.kinds == wanted.kinds and fresh and enough and (cursor.full or not wanted.full) else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
