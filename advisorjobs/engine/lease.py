"""The right of a process to work: an id and a token in the database, good until a moment on this process's own clock."""

from __future__ import annotations

import time
import uuid

__all__ = ["Lease"]


class Lease:
    """`worker` and `token` name the process in every statement. `claims` counts the unwritten runs of each claim.

    The deadline is on the monotonic clock, counted from before the request that renewed it was sent, so it passes here
    no later than in the database. Claims and counts are changed by the event loop and read by the heartbeat's thread.
    """

    __slots__ = ("claims", "deadline", "seconds", "token", "worker")

    def __init__(self, worker: int, token: str, seconds: float, sent_at: float) -> None:
        self.worker = worker
        self.token = token
        self.seconds = seconds
        self.deadline = sent_at + seconds
        self.claims: dict[str, int] = {}

    @property
    def alive(self) -> bool:
        return time.monotonic() < self.deadline

    def renewed(self, sent_at: float) -> None:
        self.deadline = sent_at + self.seconds

    def end(self) -> None:
        """The database said that the lease is gone: nothing held under it may be written."""
        self.deadline = min(self.deadline, time.monotonic())

    def open_claim(self) -> str:
        """A random token for one claim, known before the request is sent."""
        token = uuid.uuid4().hex
        self.claims[token] = 0
        return token

    def holds(self, token: str, runs: int) -> None:
        """The claim's answer came: *runs* runs of it are held; with none it is forgotten."""
        if runs:
            self.claims[token] = self.claims.get(token, 0) + runs
        else:
            self.claims.pop(token, None)

    def written(self, token: str) -> None:
        """One run of the claim was written down."""
        left = self.claims.get(token, 1) - 1
        if left > 0:
            self.claims[token] = left
        else:
            self.claims.pop(token, None)
