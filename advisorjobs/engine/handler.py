"""What the engine needs to know about a kind of job: how to call it, and its rules. One for our @task, one for plain ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from advisorjobs.backoff import Backoff

if TYPE_CHECKING:
    from advisorjobs.engine.claimed import Claimed
    from advisorjobs.engine.run import Run

__all__ = ["Handler", "Policy", "RetryChoice"]


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules for one run: `timeout` in seconds; `memory` in bytes, resident, for blocking functions (None: the default)."""

    retries: int
    backoff: Backoff
    timeout: float
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class RetryChoice:
    """What a procrastinate retry strategy decided: in `delay` seconds, with another queue, priority (as stored) or lock."""

    delay: float
    queue: str | None = None
    priority: int | None = None
    lock: str | None = None


class Handler(Protocol):
    """A kind of job as the engine sees it.

    `blocking` functions run in a child process, found there by `name` once `module` is imported; `portable` is whether a
    child can find it (else it runs in a thread, where a time limit only fences the run and abandons the thread).
    """

    name: str
    module: str
    policy: Policy
    blocking: bool
    portable: bool

    def call(self, run: Run) -> Awaitable[Any]:
        """Runs the coroutine function on the event loop."""

    def call_blocking(self, run: Run) -> Any:
        """Runs the blocking function in the calling thread or process."""

    def wrap(self, run: Run, inner: Callable[[], Awaitable[Any]]) -> Awaitable[Any]:
        """*inner* (the call in a child process or a thread) inside what always runs on the event loop around a job."""

    def retry_choice(self, error: BaseException, job: Claimed) -> RetryChoice | bool | None:
        """What the job's own strategy says about *error*: a choice, None (no retry), or True (the queue's rules decide)."""
