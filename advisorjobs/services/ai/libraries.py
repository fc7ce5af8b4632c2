"""Libraries of the extra `ai`, imported only when something is computed or asked."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any

from advisorjobs.errors import MissingExtra

__all__ = ["needed", "one_thread"]


def needed(module: str) -> Any:
    """The module of this name; MissingExtra names the extra that installs it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtra("ai", module.partition(".")[0]) from error


def one_thread(*modules: str) -> AbstractContextManager[Any]:
    """Keeps what *modules* compute with to one thread: a worker runs as many children as there are processors already."""
    for module in modules:
        needed(module)  # what isn't loaded yet can't be limited
    limits: AbstractContextManager[Any] = needed("threadpoolctl").threadpool_limits(limits=1)
    return limits
