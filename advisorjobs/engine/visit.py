"""What a claim says about a queue that it visited: whose turn is next, and what its limits allow."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Visit"]


class Visit(NamedTuple):
    """One of the last rows of advisorjobs_claim_jobs. Times in seconds.

    `cursor` goes with the worker's next claim of the queue. `start_within`: how long after the claim was sent its jobs may
    start (None: for ever). `opens_in`: when more may start (None: that is not a matter of time). `limited`: a limit or a
    pause is near. `closed`: until then nothing of the queue starts; else only some of its organizations wait. `fair`: its
    organizations take turns.
    """

    queue: str
    cursor: str
    start_within: float | None
    opens_in: float | None
    limited: bool
    closed: bool
    fair: bool
