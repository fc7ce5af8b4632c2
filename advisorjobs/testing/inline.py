"""Methods that are written once, as coroutines, and called in two ways: awaited, or blocking by `.sync`."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from advisorjobs.calls import Awaiting, Blocking

__all__ = ["inline"]

P = ParamSpec("P")
R = TypeVar("R")


class inline(Generic[P, R]):
    """Makes a coroutine method one that is awaited on Awaiting, and on Blocking has an event loop of its own for a moment."""

    def __init__(self, work: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]) -> None:
        self.work = work
        self.__doc__ = work.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> inline[P, R]: ...
    @overload
    def __get__(self, owner: Awaiting, kind: type) -> Callable[P, Awaitable[R]]: ...
    @overload
    def __get__(self, owner: Blocking, kind: type) -> Callable[P, R]: ...
    def __get__(self, owner: Awaiting | Blocking | None, kind: type) -> Any:
        if owner is None:
            return self
        if isinstance(owner, Awaiting):
            return functools.partial(self.work, owner)

        def blocking(*args: P.args, **kwargs: P.kwargs) -> R:
            refuse_running_loop(self.work.__name__)
            return asyncio.run(self.work(owner, *args, **kwargs))

        return functools.update_wrapper(blocking, self.work)


def refuse_running_loop(name: str) -> None:
    """Raises RuntimeError where an event loop runs, which a blocking call would stop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(f"sync.{name}() was called inside a running event loop: await {name}() there")
