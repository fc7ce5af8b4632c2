"""`advisorjobs people`: who may sign in at the dashboard."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from advisorjobs.cli.access_texts import print_people
from advisorjobs.cli.json_lines import JsonOption, print_json
from advisorjobs.cli.kept_accounts import accounts
from advisorjobs.cli.person import ByOption, person
from advisorjobs.errors import AdvisorJobsError, SettingsError

if TYPE_CHECKING:
    from advisorjobs.web.access.accounts import BlockingAccounts
    from advisorjobs.web.access.people import Account
    from advisorjobs.web.access.person import Role

__all__ = ["OrganizationOption", "RoleOption", "command", "given_role"]

command = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="What they sign in with.", show_default=False)]
RoleOption = Annotated[str, typer.Option("--role", metavar="ROLE", help="viewer, operator or admin.")]
OrganizationOption = Annotated[
    str | None, typer.Option("--organization", metavar="ID", help="Its jobs only. Left out: of all organizations.")
]
StdinOption = Annotated[bool, typer.Option("--stdin", help="Read the password from standard input, not from you.")]


class NoSuchPerson(AdvisorJobsError):
    """Nobody has this name, or more than one."""


@command.callback()
def group() -> None:
    """Shows and changes who may sign in at the dashboard.

    Viewers see, without the values of payloads. Operators act on jobs, queues and schedules, and see values. Admins
    manage people besides. From the first person on everybody must sign in.

    \b
    Examples:
      advisorjobs people add ada@example.com --role admin
      advisorjobs people list
      advisorjobs people deactivate ada@example.com
    """


@command.command(name="add")
def add(
    name: Name,
    role: RoleOption = "viewer",
    organization: OrganizationOption = None,
    stdin: StdinOption = False,
    by: ByOption = None,
) -> None:
    """Adds a person, who signs in with a password.

    It is asked for, twice; or read from the first line of standard input.

    \b
    Examples:
      advisorjobs people add ada@example.com --role admin
      advisorjobs people add ben --organization org-7 --stdin < password.txt
    """
    from advisorjobs.web.access.passwords import hash_password
    from advisorjobs.web.access.people import checked_name, checked_place

    chosen, name = given_role(role), checked_name(name)
    checked_place(chosen, organization)
    hashed = hash_password(read_password(stdin=stdin), name)
    with accounts() as kept:
        if kept.add_person(name, hashed, chosen, organization, by=person(by)) is None:
            raise SettingsError("NAME", name, "is taken; `advisorjobs people password` sets another password")
    typer.echo(f"{name} may sign in as {chosen}{f' of {organization}' if organization else ''}")


@command.command(name="list")
def list_people(as_json: JsonOption = False) -> None:
    """Lists who may sign in, those of an identity provider too.

    \b
    Examples:
      advisorjobs people list
      advisorjobs people list --json

    --json: the person's values; issuer is null for those with a password.
    """
    found: list[Account] = []
    with accounts() as kept:
        while page := kept.list_people(after=found[-1].id if found else 0):
            found += page
    if as_json:
        print_json(*map(asdict, found))
    else:
        print_people(found)


@command.command(name="role")
def change_role(
    name: Name,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="viewer, operator or admin.", show_default=False)],
    organization: OrganizationOption = None,
    by: ByOption = None,
) -> None:
    """Gives a person another role, at once.

    Without --organization it is for all organizations from then on.

    \b
    Examples:
      advisorjobs people role ada@example.com operator
      advisorjobs people role ben viewer --organization org-7
    """
    chosen = given_role(role)
    with accounts() as kept:
        changed = kept.change_person(one(kept, name).id, role=chosen, organization_id=organization, by=person(by))
    typer.echo(
        f"{name} is {chosen}{f' of {organization}' if organization else ''} now" if changed else "nobody was changed"
    )


@command.command(name="password")
def set_password(name: Name, stdin: StdinOption = False, by: ByOption = None) -> None:
    """Sets a new password and ends the person's sessions.

    \b
    Examples:
      advisorjobs people password ada@example.com
      advisorjobs people password ben --stdin < password.txt
    """
    from advisorjobs.web.access.passwords import hash_password

    with accounts() as kept:
        found = one(kept, name)
        hashed = hash_password(read_password(stdin=stdin), found.name)
        kept.set_password(found.id, hashed, by=person(by))
    typer.echo(f"{found.name} has a new password, and no session any more")


@command.command(name="deactivate")
def deactivate(name: Name, by: ByOption = None) -> None:
    """Keeps a person out, at once, until they are activated again.

    One of an identity provider too, whatever their groups say.

    \b
    Example:
      advisorjobs people deactivate ada@example.com
    """
    with accounts() as kept:
        for each in all_of(kept, name):
            kept.change_person(each.id, is_active=False, by=person(by))
            kept.end_sessions(each.id)
    typer.echo(f"{name} is kept out")


@command.command(name="activate")
def activate(name: Name, by: ByOption = None) -> None:
    """Lets a person in again who was deactivated.

    \b
    Example:
      advisorjobs people activate ada@example.com
    """
    with accounts() as kept:
        for each in all_of(kept, name):
            kept.change_person(each.id, is_active=True, by=person(by))
    typer.echo(f"{name} may sign in again")


@command.command(name="remove")
def remove(name: Name, by: ByOption = None) -> None:
    """Removes a person, with their sessions.

    One of an identity provider comes back with the next sign-in: deactivate them instead.

    \b
    Example:
      advisorjobs people remove ada@example.com
    """
    with accounts() as kept:
        for each in all_of(kept, name):
            kept.remove_person(each.id, by=person(by))
    typer.echo(f"{name} is removed")


def given_role(text: str) -> Role:
    """*text* as a role. Raises SettingsError for one that there isn't."""
    from advisorjobs.environment import did_you_mean
    from advisorjobs.web.access.person import Role

    if text not in tuple(Role):
        raise SettingsError("ROLE", text, f"is no role{did_you_mean(text, tuple(Role))}")
    return Role(text)


def read_password(*, stdin: bool) -> str:
    """From the terminal, twice and unseen, or the first line of standard input; never an argument, which others can see."""
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def all_of(kept: BlockingAccounts, name: str) -> list[Account]:
    """Everybody of this name: one with a password, and those of identity providers. Raises NoSuchPerson."""
    from advisorjobs.web.access.people import spelled

    found = kept.list_people(name=spelled(name))
    if not found:
        raise NoSuchPerson(f"there is no person {name!r}: see `advisorjobs people list`")
    return found


def one(kept: BlockingAccounts, name: str) -> Account:
    """The one with a password. Raises NoSuchPerson."""
    found = [each for each in all_of(kept, name) if each.issuer is None]
    if not found:
        raise NoSuchPerson(f"{name} signs in at an identity provider, which decides password and role")
    return found[0]
