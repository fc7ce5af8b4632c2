"""Methods that are written once, as coroutines, and called in two ways: awaited, or blocking by `.sync`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from advisorjobs.calls import Twofold

__all__ = ["inline"]

P = ParamSpec("P")
R = TypeVar("R")


class inline(Twofold[P, R]):
    """Makes a coroutine method one that is awaited on Awaiting, and on Blocking has an event loop of its own for a moment."""

    def __init__(self, work: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]) -> None:
        super().__init__(work)

    async def awaited(self, owner: Any, *args: P.args, **kwargs: P.kwargs) -> R:
        result: R = await self.written(owner, *args, **kwargs)
        return result

    def blocking(self, owner: Any, *args: P.args, **kwargs: P.kwargs) -> R:
        refuse_running_loop(self.written.__name__)
        result: R = asyncio.run(self.written(owner, *args, **kwargs))
        return result


def refuse_running_loop(name: str) -> None:
    """Raises RuntimeError where an event loop runs, which a blocking call would stop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(f"sync.{name}() was called inside a running event loop: await {name}() there")
