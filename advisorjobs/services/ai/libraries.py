"""Libraries of the extra `ai`, imported only when something is computed or asked."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from advisorjobs.errors import MissingExtra

__all__ = ["needed"]


def needed(module: str) -> Any:
    """The module of this name; MissingExtra names the extra that installs it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtra("ai", module.partition(".")[0]) from error
