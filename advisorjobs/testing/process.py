"""The process's own app for the time of a test, so that helpers and managers work on the test's database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import advisorjobs
from advisorjobs.application import the_app

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["process_on"]


@contextmanager
def process_on(dsn: str) -> Iterator[App]:
    """Yields the process's app, composed anew for the database at *dsn*; DATABASE_URL says so to child processes too."""
    before = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = dsn
    forget_process()
    try:
        yield the_app()
    finally:
        the_app().close()
        forget_process()
        if before is None:
            del os.environ["DATABASE_URL"]
        else:
            os.environ["DATABASE_URL"] = before


def forget_process() -> None:
    """Forgets the app and the managers: the next to ask gets new ones, for the environment of that moment."""
    the_app.cache_clear()
    for name in dir(advisorjobs):
        if name.startswith("get_"):
            getattr(advisorjobs, name).cache_clear()
