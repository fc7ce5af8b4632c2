"""People who may sign in: added, listed, changed and removed."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, Row, only, operation
from advisorjobs.database.statement import statement
from advisorjobs.errors import SettingsError
from advisorjobs.web.access.person import Person, Role

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["Account", "Credential", "PeopleCalls", "checked_name", "checked_place"]

PAGE = 200


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in. `issuer`: of the identity provider; None: signs in with a password."""

    id: int
    name: str
    role: Role
    organization_id: str | None
    is_active: bool
    issuer: str | None
    created_at: datetime
    created_by: str | None
    changed_at: datetime
    changed_by: str | None
    signed_in_at: datetime | None


FIELDS = tuple(each.name for each in fields(Account))


@dataclass(frozen=True, slots=True)
class Credential:
    """Whom a name belongs to, with the hash of the password."""

    person: Person
    is_active: bool
    password_hash: str


class PeopleCalls:
    """`by` is who does it. A name is one's only, whatever its capitals; people of an identity provider are known by subject."""

    app: App

    @call
    def login_exists(self) -> Operation[bool]:
        """Whether there is anybody who could sign in, or could if they were active again."""
        return operation("login_exists", statement("login_exists"), {}, only)

    @call
    def add_person(
        self,
        name: str,
        password_hash: str,
        role: Role,
        organization_id: str | None = None,
        *,
        by: str | None,
        connection: Any = None,
    ) -> Operation[int | None]:
        """Adds a person who signs in with a password; their number, or None where the name is taken."""
        values = {
            "name": checked_name(name),
            "password_hash": password_hash,
            "role": role,
            "organization_id": checked_place(role, organization_id),
            "by": by,
        }
        return operation("add_person", statement("add_person"), values, _optional_id, connection)

    @call
    def list_people(
        self, *, after: int = 0, name: str | None = None, most: int = PAGE, connection: Any = None
    ) -> Operation[list[Account]]:
        """People in the order in which they came, *most* of them, those after number *after*; or those called *name*."""
        values = {"after": after, "name": name, "most": most}
        return operation("list_people", statement("list_people"), values, _read_accounts, connection)

    @call
    def find_credential(self, name: str) -> Operation[Credential | None]:
        """Whoever signs in with a password under *name*."""
        return operation("find_credential", statement("find_person"), {"name": spelled(name)}, _read_credential)

    @call
    def change_person(
        self,
        person_id: int,
        *,
        role: Role | None = None,
        organization_id: str | None = None,
        is_active: bool | None = None,
        by: str | None,
        connection: Any = None,
    ) -> Operation[Account | None]:
        """Changes role and organization (both together), or whether somebody may sign in; at once, also for who is signed in.

        None: there is no such person, or their role is decided by the identity provider.
        """
        values = {
            "id": person_id,
            "role": role,
            "organization_id": checked_place(role, organization_id) if role is not None else None,
            "is_active": is_active,
            "by": by,
        }
        return operation("change_person", statement("change_person"), values, _read_account, connection)

    @call
    def set_password(
        self, person_id: int, password_hash: str, *, by: str | None, keep: bytes | None = None, connection: Any = None
    ) -> Operation[bool]:
        """Sets a password and ends the person's sessions, all but the one whose token has the hash *keep*."""
        values = {"id": person_id, "password_hash": password_hash, "by": by, "keep": keep}
        return operation("set_password", statement("set_password"), values, bool, connection)

    @call
    def renew_password_hash(self, person_id: int, before: str, password_hash: str) -> Operation[bool]:
        """Keeps the same password's new hash."""
        values = {"id": person_id, "before": before, "password_hash": password_hash}
        return operation("renew_password_hash", statement("renew_password_hash"), values, bool)

    @call
    def remove_person(self, person_id: int, *, by: str | None, connection: Any = None) -> Operation[bool]:
        """Removes a person with their sessions. One of an identity provider comes back with the next sign-in."""
        return operation("remove_person", statement("remove_person"), {"id": person_id, "by": by}, bool, connection)

    @call
    def put_provider_person(
        self, name: str, issuer: str, subject: str, role: Role, organization_id: str | None
    ) -> Operation[Person | None]:
        """The person of an identity provider as it describes them now; None: an admin has deactivated them."""
        values = {
            "name": checked_name(name),
            "issuer": issuer,
            "subject": subject,
            "role": role,
            "organization_id": checked_place(role, organization_id),
        }
        return operation("put_provider_person", statement("put_provider_person"), values, _read_provider_person)


def spelled(name: str) -> str:
    """*name* as it is compared, whatever was typed."""
    return unicodedata.normalize("NFKC", name[:1_000].replace("\0", "")).strip()


def checked_name(name: str) -> str:
    """*name* as it is kept. Raises SettingsError for one that can't be told from another by looking."""
    text = spelled(name)
    if not text or len(text) > 200 or not text.isprintable():
        raise SettingsError("name", name, "must be a name or an e-mail address of 200 characters at most")
    return text


def checked_place(role: Role, organization_id: str | None) -> str | None:
    """*organization_id*, None where it is empty. Raises SettingsError for an admin of one organization: there is none."""
    place = (organization_id or "").strip() or None
    if place is not None and role is Role.ADMIN:
        raise SettingsError("organization", place, "must be left out: an admin manages what is everybody's")
    return place


def _optional_id(rows: list[Row]) -> int | None:
    return rows[0]["id"] if rows else None


def _read_accounts(rows: list[Row]) -> list[Account]:
    return [Account(**{name: row[name] for name in FIELDS} | {"role": Role(row["role"])}) for row in rows]


def _read_account(rows: list[Row]) -> Account | None:
    return next(iter(_read_accounts(rows)), None)


def _read_credential(rows: list[Row]) -> Credential | None:
    for row in rows:
        return Credential(_person(row, "password"), row["is_active"], row["password_hash"])
    return None


def _read_provider_person(rows: list[Row]) -> Person | None:
    for row in rows:
        return _person(row, "oidc")
    return None


def _person(row: Row, way: str) -> Person:
    role, organization = Role(row["role"]), row["organization_id"]
    return Person(name=row["name"], role=role, organization_id=organization, id=row["id"], way=way)
