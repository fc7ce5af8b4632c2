"""All routes of an application with what each needs, found again for a request as the router will find it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, compile_path

from advisorjobs.web.access.need import UNKNOWN, Need, need_of

__all__ = ["Declared", "Undeclared", "find_need", "read_declarations"]

BUILT_IN = frozenset({"OPTIONS", "HEAD"})


class Undeclared(Exception):
    """A route that doesn't say who may come: the application doesn't start with it."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A route as it is seen from outside. `path`: the whole one, parameters in braces. `methods`: empty for any."""

    path: str
    pattern: re.Pattern[str]
    methods: frozenset[str]
    need: Need


def read_declarations(routes: Iterable[Any]) -> tuple[Declared, ...]:
    """The routes in the router's order, those below mounts too. Raises Undeclared, with the first that declares nothing."""
    return tuple(_read(routes, ""))


def _read(routes: Iterable[Any], prefix: str) -> Iterator[Declared]:
    for route in iter_route_contexts(list(routes)):
        path = prefix + (route.path or "")
        mount = route.original_route if isinstance(route.original_route, Mount) else None
        if mount is not None and mount.routes:
            yield from _read(mount.routes, path)
            continue
        need = need_of(route.original_route) or need_of(route)
        if need is None:
            raise Undeclared(f"{path} doesn't say who may come: give it a need")
        whole = f"{path}/{{path:path}}" if mount is not None else path
        yield Declared(whole, compile_path(whole)[0], frozenset(route.methods or ()) - BUILT_IN, need)


def find_need(declarations: Iterable[Declared], method: str, path: str) -> Need:
    """What the route needs that will answer; where only the method is wrong, that of the first with the path."""
    other: Need | None = None
    asked = "GET" if method == "HEAD" else method
    for each in declarations:
        if each.pattern.match(path):
            if not each.methods or asked in each.methods:
                return each.need
            other = other or each.need
    return other or UNKNOWN
