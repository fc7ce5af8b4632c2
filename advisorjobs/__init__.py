"""Background jobs for accountants' practices, on PostgreSQL alone."""

from __future__ import annotations
from typing import Any

def __getattr__(name: str) -> Any:
    if name == "app":
        from advisorjobs.application import the_app
        return the_app()
    raise AttributeError(name)
