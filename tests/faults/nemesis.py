"""What does harm at intervals, in a thread beside the test, until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["every", "pause"]


@contextmanager
def every(seconds: float, harm: Callable[[], None]) -> Iterator[threading.Event]:
    """Calls *harm* every so many seconds while the block runs. What it raises fails the test, at the block's end."""
    over = threading.Event()
    errors: list[BaseException] = []

    def work() -> None:
        while not over.wait(seconds):
            try:
                harm()
            except BaseException as error:
                errors.append(error)
                return

    thread = threading.Thread(target=work, name="nemesis")
    thread.start()
    try:
        yield over
    finally:
        over.set()
        thread.join(60)
    if errors:
        raise errors[0]


def pause(seconds: float) -> None:
    """Lets what is under way go on for so long: the length of a disturbance, not a wait for something."""
    threading.Event().wait(seconds)
