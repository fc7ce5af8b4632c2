"""Actions, written once as builders of operations: somebody's, allowed to them, and what is refused told in our words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from advisorjobs.actions.permission import check_allowed
from advisorjobs.actor import Actor, acting_as
from advisorjobs.calls import Twofold
from advisorjobs.errors import ActionRefused, AdvisorJobsError, NotAllowed

if TYPE_CHECKING:
    from advisorjobs.database.operation import Operation

__all__ = ["action"]

P = ParamSpec("P")
R = TypeVar("R")

NOT_THEIRS = "42501"
"""SQLSTATE of advisorjobs_check_actor()."""

AGAIN = "40001"
INVALID = "22"
"""Class of SQLSTATEs: a value, or what is asked for, can't be used."""


class Action(Twofold[P, R]):
    """A method that builds an operation for `owner.actor`, made one that carries it out. See `action`."""

    def __init__(self, build: Callable[Concatenate[Any, P], Operation[R]], needs: str, *, own: bool) -> None:
        super().__init__(build)
        self.needs, self.own = needs, own

    async def awaited(self, owner: Any, *args: P.args, **kwargs: P.kwargs) -> R:
        operation = self._operation(owner, *args, **kwargs)
        try:
            result: R = await owner.app.run_async(operation)
        except Exception as error:
            refused = refusal(error)
            if refused is None:
                raise
        else:
            return result
        raise refused

    def blocking(self, owner: Any, *args: P.args, **kwargs: P.kwargs) -> R:
        operation = self._operation(owner, *args, **kwargs)
        try:
            result: R = owner.app.run(operation)
        except Exception as error:
            refused = refusal(error)
            if refused is None:
                raise
        else:
            return result
        raise refused

    def _operation(self, owner: Any, *args: P.args, **kwargs: P.kwargs) -> Operation[R]:
        actor: Actor = owner.actor
        check_allowed(actor, self.needs, own=self.own)
        with acting_as(actor):
            operation: Operation[R] = self.written(owner, *args, **kwargs)
        return operation


def action(needs: str, *, own: bool = False) -> Callable[[Callable[Concatenate[Any, P], Operation[R]]], Action[P, R]]:
    """For methods of action classes. *needs*: the least role; *own*: people of an organization may, to what is theirs.

    The method raises NotAllowed before anything is sent, ActionRefused where the database refuses, with its words.
    """
    return lambda build: Action(build, needs, own=own)


def refusal(error: Exception) -> AdvisorJobsError | None:
    """The database's error as ours, where it is a refusal; None: it is something else."""
    state = getattr(error, "sqlstate", None) or ""
    text = getattr(getattr(error, "diag", None), "message_primary", None) or str(error)
    if state == NOT_THEIRS:
        return NotAllowed(text)
    unsendable = not state and type(error).__name__ == "DataError"  # psycopg's own, such as for a text with a NUL
    return ActionRefused(text) if unsendable or state == AGAIN or state.startswith(INVALID) else None
