"""Calls that are written once, as builders of operations, and made in two ways: awaited, or blocking by `.sync`."""

from __future__ import annotations

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeAlias, TypeVar, overload

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.database.operation import Operation

__all__ = ["Awaiting", "Blocking", "Helper", "Steps", "Twofold", "call", "long_call"]

P = ParamSpec("P")
R = TypeVar("R")
Steps: TypeAlias = "Generator[Operation[Any], Any, R]"
"""Operations one after the other, each given what it read before the next is asked for; at last a result."""


class Awaiting:
    """Base of objects whose calls are awaited."""

    def __init__(self, app: App) -> None:
        self.app = app


class Blocking:
    """Base of `.sync` views: the same calls, blocking."""

    def __init__(self, app: App) -> None:
        self.app = app


class Twofold(ABC, Generic[P, R]):
    """A method written once: on Awaiting `awaited` is called, on Blocking `blocking`, with the owner before the arguments."""

    def __init__(self, written: Callable[Concatenate[Any, P], Any]) -> None:
        self.written = written
        self.__doc__ = written.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> Self: ...
    @overload
    def __get__(self, owner: Awaiting, kind: type) -> Callable[P, Awaitable[R]]: ...
    @overload
    def __get__(self, owner: Blocking, kind: type) -> Callable[P, R]: ...
    def __get__(self, owner: Awaiting | Blocking | None, kind: type) -> Any:
        if owner is None:
            return self
        way = self.awaited if isinstance(owner, Awaiting) else self.blocking
        return functools.update_wrapper(functools.partial(way, owner), self.written)

    @abstractmethod
    async def awaited(self, owner: Any, *args: P.args, **kwargs: P.kwargs) -> R: ...

    @abstractmethod
    def blocking(self, owner: Any, *args: P.args, **kwargs: P.kwargs) -> R: ...


class call(Twofold[P, R]):
    """Makes a method that builds an operation one that carries it out."""

    def __init__(self, build: Callable[Concatenate[Any, P], Operation[R]]) -> None:
        super().__init__(build)

    async def awaited(self, owner: Any, *args: P.args, **kwargs: P.kwargs) -> R:
        result: R = await owner.app.run_async(self.written(owner, *args, **kwargs))
        return result

    def blocking(self, owner: Any, *args: P.args, **kwargs: P.kwargs) -> R:
        result: R = owner.app.run(self.written(owner, *args, **kwargs))
        return result


class long_call(Twofold[P, R]):
    """As `call`, for a builder that yields operations: each is a transaction of its own, unless it has the caller's."""

    def __init__(self, build: Callable[Concatenate[Any, P], Steps[R]]) -> None:
        super().__init__(build)

    async def awaited(self, owner: Any, *args: P.args, **kwargs: P.kwargs) -> R:
        result: R = await owner.app.run_steps_async(self.written(owner, *args, **kwargs))
        return result

    def blocking(self, owner: Any, *args: P.args, **kwargs: P.kwargs) -> R:
        result: R = owner.app.run_steps(self.written(owner, *args, **kwargs))
        return result


class Helper(Generic[P, R]):
    """A function of the same two ways: `await queue_…(…)`, or `queue_….sync(…)` in blocking code."""

    def __init__(self, build: Callable[Concatenate[App, P], Operation[R]]) -> None:
        self._build = build
        functools.update_wrapper(self, build)
        signature = inspect.signature(build)
        self.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])  # without app

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Awaited, with an async connection if any."""
        app = _the_app()
        return await app.run_async(self._build(app, *args, **kwargs))

    def sync(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Blocking, with a blocking connection if any; works in threads and inside a running event loop too."""
        app = _the_app()
        return app.run(self._build(app, *args, **kwargs))


def _the_app() -> App:
    from advisorjobs.application import the_app

    return the_app()
