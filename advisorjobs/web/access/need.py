"""What a route needs of whoever comes: declared where the route is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from advisorjobs.web.access.person import Role

__all__ = ["MACHINE", "PUBLIC", "UNKNOWN", "Need", "declare", "need_of"]

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Need:
    """*role*: the least that is let in; None: everybody. *own*: people of one organization, too, who are shown theirs.

    *api*: for programs: answers are JSON, tokens are taken, nobody is led to a sign-in. *guarded*: False for what machines of
    others call, which proves itself otherwise or tells nothing: neither the host's name nor a form's token is asked for.
    *while_away*: answers, with less, also while the database can't say who comes.
    """

    role: Role | None
    own: bool = False
    api: bool = False
    guarded: bool = True
    while_away: bool = False


PUBLIC = Need(None, own=True)
MACHINE = Need(None, own=True, api=True, guarded=False)
UNKNOWN = Need(Role.VIEWER, own=True)
"""Of an address that leads nowhere: strangers are not told which do."""


def declare(route: R, need: Need) -> R:
    """*route*, with its need written on it."""
    vars(route)["need"] = need
    return route


def need_of(route: Any) -> Need | None:
    """The strictest need that a route, or, of the API's routes, one of its dependencies declares. None: nothing is declared."""
    places = [route, *_dependencies(getattr(route, "dependant", None))]
    found = [need for place in places if isinstance(need := getattr(place, "need", None), Need)]
    return max(found, key=_strictness, default=None)


def _strictness(need: Need) -> tuple[int, bool]:
    return (-1 if need.role is None else need.role.rank, not need.own)


def _dependencies(dependant: Any) -> Iterator[Callable[..., Any]]:
    for each in getattr(dependant, "dependencies", ()):
        yield each.call
        yield from _dependencies(each)
