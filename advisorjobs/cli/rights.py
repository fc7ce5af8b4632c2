"""Whether the database's role may do what a worker, or an application that queues jobs, needs; and who binds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from advisorjobs.cli.query import ask
from advisorjobs.database.isolation import refusal
from advisorjobs.finding import Finding
from advisorjobs.tenancy.scope import ROLE

__all__ = ["Purpose", "isolation", "rights"]

Purpose = Literal["worker", "enqueuer"]
NAMED = 6
"""So many missing rights are named; the rest is counted."""

DOES = {"worker": "work on jobs", "enqueuer": "queue jobs"}


def rights(connection: Any, purpose: Purpose, *, embedded: bool) -> Iterator[Finding]:
    """The role's rights for *purpose*, superusers, and row-level security. On the embedded server the superuser is meant."""
    (found,) = ask(connection, "role_rights", {"tenant": ROLE})
    role = found["role"]
    if found["schema"] is None:
        cure = f"GRANT USAGE ON SCHEMA … TO {role}, and name the schema in its search_path"
        yield Finding("rights", "wrong", f"role {role} may use no schema of its search_path", cure, role)
        return
    yield from privileges(found, purpose)
    if purpose == "worker" and found["migrated"]:
        yield from tenancy(found)
    if found["superuser"] and not embedded:
        cure = "give the program a role of its own: CREATE ROLE advisorjobs LOGIN NOSUPERUSER"
        yield Finding("rights", "note", f"role {role} is a superuser, whom no right and no policy binds", cure, role)
    elif found["bypasses"] and not found["superuser"]:
        cure = f"take that away with ALTER ROLE {role} NOBYPASSRLS"
        yield Finding("rights", "note", f"role {role} has BYPASSRLS: outside of jobs no policy binds it", cure, role)


def privileges(found: Mapping[str, Any], purpose: Purpose) -> Iterator[Finding]:
    role, lacking = found["role"], list(found[purpose])
    if lacking:
        more = f" and {len(lacking) - NAMED} more" if len(lacking) > NAMED else ""
        what = f"role {role} may not {DOES[purpose]}: it lacks {', '.join(lacking[:NAMED])}{more}"
        yield Finding("rights", "wrong", what, grant(found, purpose), lacking)
    elif purpose == "worker" and not found["partitions"]:
        what = f"role {role} doesn't own the tables, so it can't make history's next months"
        cure = (
            "make it a member of their owner's role, or run `advisorjobs migrate` as the owner before each month's end"
        )
        yield Finding("rights", "wrong", what, cure, role)
    elif found["migrated"]:
        yield Finding("rights", "ok", f"role {role} may {DOES[purpose]}", value=role)


def grant(found: Mapping[str, Any], purpose: Purpose) -> str:
    """The statement that helps."""
    if purpose == "enqueuer":
        return "; ".join(f"GRANT {right.replace(' on ', ' ON ')} TO {found['role']}" for right in found["enqueuer"])
    return f"let the program connect as the tables' owner, or GRANT that owner's role TO {found['role']}"


def tenancy(found: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether row-level security can bind what job functions do."""
    role = found["role"]
    if found["tenant_unbound"] is None:
        cure = f"as an administrator: CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO {role}"
        yield Finding("tenants", "wrong", f"the role {ROLE} is missing, under which jobs work", cure, ROLE)
    elif found["tenant_unbound"]:
        cure = f"bind it with ALTER ROLE {ROLE} NOSUPERUSER NOBYPASSRLS"
        yield Finding("tenants", "wrong", f"the role {ROLE} passes by row-level security, so jobs see all firms", cure)
    elif not found["tenant_member"]:
        cure = f"GRANT {ROLE} TO {role}"
        yield Finding("tenants", "wrong", f"role {role} can't become {ROLE}, under which jobs work", cure, role)
    for table in found["loose"]:
        cure = f"put it in force with ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
        yield Finding("tenants", "wrong", f"row-level security is not in force on {table}", cure, table)
    if found["tenant_member"] and not found["tenant_unbound"] and not found["loose"]:
        yield Finding("tenants", "ok", "row-level security binds what jobs do to their organization")


def isolation(connection: Any) -> Iterator[Finding]:
    """The isolation at which this role's transactions run."""
    (found,) = ask(connection, "default_isolation")
    error = refusal(**found)
    if error is not None:
        what = f"this role's transactions run {found['setting']} by default, and no worker starts so"
        yield Finding("isolation", "wrong", what, error.rule.partition(": ")[2], found["setting"])
