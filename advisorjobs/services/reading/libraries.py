"""Libraries of an extra, imported only when something is read."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from advisorjobs.errors import MissingExtra

__all__ = ["needed"]


def needed(module: str, extra: str = "documents") -> Any:
    """The module of this name; MissingExtra names the *extra* that installs it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtra(extra, module.partition(".")[0]) from error
