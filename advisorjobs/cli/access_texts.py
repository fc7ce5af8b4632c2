"""People and tokens as lists for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisorjobs.cli.moments import local_seconds

if TYPE_CHECKING:
    from advisorjobs.web.access.people import Account
    from advisorjobs.web.access.tokens import Token

__all__ = ["print_people", "print_tokens"]


def print_people(people: Sequence[Account]) -> None:
    """A line for each; columns that there is no room for are left out."""
    _print(
        [_person(each) for each in people], "nobody: everybody at this machine is admin", ("signs in with", "signed in")
    )


def print_tokens(tokens: Sequence[Token]) -> None:
    """A line for each."""
    _print([_token(each) for each in tokens], "no tokens", ("made", "used"))


def _print(rows: Sequence[dict[str, str]], nothing: str, spare: tuple[str, ...]) -> None:
    from advisorjobs.cli.account import printable
    from advisorjobs.cli.consoles import console, print_rows

    output = console()
    if not rows:
        output.print(nothing)
        return
    print_rows(output, [{key: printable(cell) for key, cell in row.items()} for row in rows], spare=spare, cut="name")


def _person(each: Account) -> dict[str, str]:
    return {
        "name": each.name,
        "role": each.role.value,
        "organization": each.organization_id or "all",
        "state": "active" if each.is_active else "deactivated",
        "signs in with": each.issuer or "password",
        "signed in": local_seconds(each.signed_in_at) or "never",
    }


def _token(each: Token) -> dict[str, str]:
    return {
        "name": each.name,
        "role": each.role.value,
        "organization": each.organization_id or "all",
        "ends": "ended" if each.is_expired else local_seconds(each.expires_at) or "never",
        "made": local_seconds(each.created_at),
        "used": local_seconds(each.used_at) or "never",
    }
