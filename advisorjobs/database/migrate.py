"""Brings a database to what this program needs, and says of one that isn't there yet.

The order: procrastinate's schema where there is none, else (a database that procrastinate already uses) the steps that
it lacks; our numbered migrations; at last the functions and triggers, so that ours stay in force whatever came before.
The tool's lock is an advisory lock of its session: any number may migrate at once, one does the work, and a killed one
leaves no lock behind. Each script and the note that it was applied are one transaction. Workers of the version before go
on meanwhile and until they are replaced (migrations/functions/released.sql).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.types.json import Jsonb

from advisorjobs.database import scripts
from advisorjobs.database.address import connect
from advisorjobs.database.scripts import Script
from advisorjobs.database.statement import statement
from advisorjobs.database.takeover import steps_taken
from advisorjobs.database.unmigrated import CURE, refuse_unmigrated
from advisorjobs.errors import DatabaseUnavailable, MissingExtra, NotMigrated

if TYPE_CHECKING:
    from advisorjobs.database.migration_tool import Tool

__all__ = [
    "Migrated",
    "check_migrated",
    "check_migrated_async",
    "migrate",
    "missing_migrations",
    "pending",
    "refuse_unmigrated",
    "unknown_here",
]


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a run of `migrate` changed: the names of the scripts, in order. Empty where nothing was to be done."""

    applied: tuple[str, ...]


def migrate(dsn: str, *, fill: Sequence[Callable[[psycopg.Connection[Any]], None]] = ()) -> Migrated:
    """Brings the database at *dsn* (no pooler that shares connections between transactions) to this program's state.

    *fill* are callables that write what the program knows into tables (queues, job types); they run last, each time,
    under the same lock and in the transaction of the functions. Raises DatabaseUnavailable; a script that fails raises
    psycopg's error and leaves the scripts before it applied.
    """
    with migration_tool(dsn) as tool:
        schema, _, has_procrastinate = state(tool.connection)
        if schema is None:
            raise DatabaseUnavailable(
                "the search_path of the database's address names no schema that exists: create it"
            )
        tool.backend.ensure_migration_table()
        names = lay_ground(tool, schema, has_procrastinate=has_procrastinate)
        names += tool.apply_scripts(lacking(applied(tool.connection)))
        anything_applied = bool(names)
        names += tool.patiently("functions", lambda: renew_functions(tool, fill, anything_applied=anything_applied))
        # after the last commit: what others commit meanwhile, they count
        tool.patiently("the first count", lambda: tool.connection.execute(statement("first_count")))
    return Migrated(tuple(names))


def migration_tool(dsn: str) -> Tool:
    """Imported at use: what enqueues checks databases and migrates none, and goes without the tool."""
    try:
        from advisorjobs.database.migration_tool import Tool
    except ModuleNotFoundError as error:
        raise MissingExtra("worker", "classic-migrations") from error
    return Tool(dsn)


def lay_ground(tool: Tool, schema: str, *, has_procrastinate: bool) -> list[str]:
    """On a database that we see for the first time: procrastinate's schema, or the note of how far it is."""
    upgrades = scripts.procrastinate_upgrades()
    if not applied(tool.connection).isdisjoint(names_of(upgrades)):
        return []
    taken = steps_taken(tool.connection, schema) if has_procrastinate else len(upgrades)
    with tool.backend.transaction():
        names = [] if has_procrastinate else tool.apply_scripts([scripts.procrastinate_schema()])
        tool.note(upgrades[:taken])
    return names


def renew_functions(
    tool: Tool, fill: Sequence[Callable[[psycopg.Connection[Any]], None]], *, anything_applied: bool
) -> list[str]:
    connection, names = tool.connection, []
    with tool.backend.transaction():
        if anything_applied or functions_lacking(connection):
            connection.execute(statement("defer_function_checks"))
            connection.execute(statement("pin_search_path"))
            for script in scripts.functions():
                connection.execute(script.sql.encode())
                names.append(f"functions/{script.name}")
            values = {"checksum": scripts.functions_checksum(), "definitions": Jsonb(live_definitions(connection))}
            connection.execute(statement("record_functions"), values)
        for write in fill:
            write(connection)
    return names


def pending(dsn: str) -> list[str]:
    """The names of what `migrate` would apply to the database at *dsn*, functions as one entry."""
    with connect(dsn, autocommit=True) as connection:
        _, has_history, has_procrastinate = state(connection)
        if not has_history:
            first = [] if has_procrastinate else [scripts.procrastinate_schema().name]
            return [*first, *names_of(scripts.numbered()), "functions"]
        names = list(names_of(lacking(applied(connection))))
        return [*names, "functions"] if names or functions_lacking(connection) else []


def check_migrated(connection: psycopg.Connection[Any]) -> None:
    """Raises NotMigrated, in one line with the cure, for a database that this program can't work with.

    A database that is *newer* is accepted: programs of the last release go on while the next one is rolled out.
    """
    with refuse_unmigrated():
        done = applied(connection)
        known, recorded = row(connection.execute(statement("current_functions")))
        live = live_definitions(connection)
    judge(done, known, recorded, live)


async def check_migrated_async(connection: psycopg.AsyncConnection[Any]) -> None:
    """As `check_migrated`, on an async connection."""
    with refuse_unmigrated():
        done = {name for (name,) in await (await connection.execute(statement("applied_migrations"))).fetchall()}
        (known, recorded) = await (await connection.execute(statement("current_functions"))).fetchone() or (None, None)
        (live,) = await (await connection.execute(statement("live_definitions"))).fetchone() or ({},)
    judge(done, known, recorded, live)


def unknown_here(connection: psycopg.Connection[Any]) -> list[str]:
    """The migrations of ours that were applied and that this program doesn't know: the database is newer."""
    known = {
        *names_of(scripts.numbered()),
        *names_of(scripts.procrastinate_upgrades()),
        scripts.procrastinate_schema().name,
    }
    return sorted(name for name in applied(connection) - known if not name.startswith("procrastinate/"))


def judge(done: set[str], known: list[str] | None, recorded: Mapping[str, str] | None, live: Mapping[str, str]) -> None:
    """Decides by what the database says of itself; see `check_migrated`."""
    missing = list(names_of(lacking(done)))
    if missing:
        raise NotMigrated(f"the database is older than this program (it lacks {', '.join(missing)}): {CURE}")
    if scripts.functions_checksum() not in (known or ()):
        raise NotMigrated(f"the database's functions are older than this program: {CURE}")
    changed = altered(recorded or {}, live)
    if changed:
        raise NotMigrated(f"somebody changed the database's functions since they were migrated ({changed[0]}): {CURE}")


def altered(recorded: Mapping[str, str], live: Mapping[str, str]) -> list[str]:
    """What isn't as it was recorded. A further function harms nobody; a further trigger on its tables may."""
    gone = [name for name, definition in recorded.items() if live.get(name) != definition]
    return gone + [name for name in live if name.startswith("trigger ") and name not in recorded]


def lacking(done: set[str]) -> list[Script]:
    """The scripts that run once and are not among *done*, in order."""
    return [script for script in (*scripts.procrastinate_upgrades(), *scripts.numbered()) if script.name not in done]


def missing_migrations(done: Iterable[str]) -> list[str]:
    """The names of what this program needs and is not among *done*, what was applied."""
    return list(names_of(lacking(set(done))))


def names_of(wanted: Iterable[Script]) -> Iterator[str]:
    return (script.name for script in wanted)


def functions_lacking(connection: psycopg.Connection[Any]) -> bool:
    known, recorded = row(connection.execute(statement("current_functions")))
    return scripts.functions_checksum() not in (known or ()) or bool(altered(recorded, live_definitions(connection)))


def applied(connection: psycopg.Connection[Any]) -> set[str]:
    return {name for (name,) in connection.execute(statement("applied_migrations"))}


def live_definitions(connection: psycopg.Connection[Any]) -> dict[str, str]:
    (definitions,) = row(connection.execute(statement("live_definitions")))
    return dict(definitions)


def state(connection: psycopg.Connection[Any]) -> tuple[str | None, bool, bool]:
    schema, has_history, has_procrastinate = row(connection.execute(statement("database_state")))
    return schema, has_history, has_procrastinate


def row(cursor: psycopg.Cursor[Any]) -> tuple[Any, ...]:
    (only,) = cursor.fetchall()
    return tuple(only)
