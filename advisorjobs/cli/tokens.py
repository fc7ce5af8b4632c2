"""`advisorjobs tokens`: with which programs use the JSON API."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from advisorjobs.cli.access_texts import print_tokens
from advisorjobs.cli.json_lines import JsonOption, print_json
from advisorjobs.cli.kept_accounts import accounts
from advisorjobs.cli.moments import moment
from advisorjobs.cli.people import OrganizationOption, RoleOption, given_role
from advisorjobs.cli.person import ByOption, person
from advisorjobs.errors import AdvisorJobsError, SettingsError

if TYPE_CHECKING:
    from advisorjobs.web.access.tokens import Token

__all__ = ["command"]

command = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="What you call it.", show_default=False)]


class NoSuchToken(AdvisorJobsError):
    """There is no token of this name."""


@command.callback()
def group() -> None:
    """Makes, shows and revokes tokens for programs.

    With one they use the JSON API: Authorization: Bearer ajt_…

    \b
    Examples:
      advisorjobs tokens add grafana --role viewer
      advisorjobs tokens list
      advisorjobs tokens revoke grafana
    """


@command.command(name="add")
def add(
    name: Name,
    role: RoleOption = "viewer",
    organization: OrganizationOption = None,
    until: Annotated[
        str, typer.Option("--until", metavar="TIME", help='When it ends: "2027-01-01 00:00", in 30d, or never.')
    ] = "90d",
    by: ByOption = None,
) -> None:
    """Makes a token and prints it: once, as a hash of it is kept alone.

    \b
    Examples:
      advisorjobs tokens add grafana
      advisorjobs tokens add portal --organization org-7 --until 365d
    """
    from advisorjobs.web.access.secrets import digest, new_token

    token, expires, chosen = new_token(), None if until == "never" else moment(until), given_role(role)
    with accounts() as kept:
        added = kept.add_token(name, digest(token), chosen, organization, expires_at=expires, by=person(by))
    if added is None:
        raise SettingsError("NAME", name, "is taken: revoke that token first, or take another name")
    typer.echo(token)


@command.command(name="list")
def list_tokens(as_json: JsonOption = False) -> None:
    """Lists tokens; what they are can't be seen any more.

    \b
    Examples:
      advisorjobs tokens list
      advisorjobs tokens list --json

    --json: {"id", "name", "role", "organization_id", "created_at", "created_by", "expires_at", "used_at",
    "is_expired"}.
    """
    found: list[Token] = []
    with accounts() as kept:
        while page := kept.list_tokens(after=found[-1].id if found else 0):
            found += page
    if as_json:
        print_json(*map(asdict, found))
    else:
        print_tokens(found)


@command.command(name="revoke")
def revoke(name: Name, by: ByOption = None) -> None:
    """Makes a token worthless, at once.

    \b
    Example:
      advisorjobs tokens revoke grafana
    """
    with accounts() as kept:
        if not kept.revoke_token(name, by=person(by)):
            raise NoSuchToken(f"there is no token {name!r}: see `advisorjobs tokens list`")
    typer.echo(f"token {name} is worthless now")
