"""What is to be said of the cleaning of dead row versions: whether it works, and who holds it back. Decisions, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from advisorjobs.finding import Finding

__all__ = ["PATIENCE", "PATIENCE_TRANSACTIONS", "cleaning_findings", "holder_finding"]

PATIENCE = 60.0
"""Seconds for which a transaction may stay open before it is named."""

SHORT_PATIENCE = 5.0
"""… when dead rows have piled up already."""

PATIENCE_TRANSACTIONS = 10_000
"""The same for slots and standbys, which have no beginning, only transactions that came after it."""

PILED_UP = 50_000


def cleaning_findings(
    state: Mapping[str, Any],
    held_back: Sequence[Mapping[str, Any]],
    *,
    patience: float = PATIENCE,
    patience_transactions: int = PATIENCE_TRANSACTIONS,
) -> Iterator[Finding]:
    """Of rows of cleaning_state.sql and cleaning_held_back.sql: autovacuum's switches, and each session, prepared transaction,
    slot or standby that holds cleaning back for long: *patience* seconds, or for those without a beginning
    *patience_transactions*."""
    yield from switches(state)
    dead = state["dead"] or 0
    if dead > PILED_UP:
        patience = min(patience, SHORT_PATIENCE)
    holders = [each for each in held_back if is_old(each, patience, patience_transactions)]
    yield from map(holder_finding, holders)
    if holders:
        return
    if dead > PILED_UP:
        yield Finding("cleaning", "note", piled_up(state))
    else:
        yield Finding("cleaning", "ok", "nothing holds back the cleaning of dead rows")


def switches(state: Mapping[str, Any]) -> Iterator[Finding]:
    for setting in ("autovacuum", "track_counts"):
        if not state[setting]:
            text = f"{setting} is off for the server, so dead rows are never cleaned: set it on in postgresql.conf"
            yield Finding("cleaning", "wrong", text)
    for table in state["switched_off"]:
        text = f"autovacuum is off for {table}: ALTER TABLE {table} RESET (autovacuum_enabled)"
        yield Finding("cleaning", "wrong", text)


def is_old(holder: Mapping[str, Any], patience: float, patience_transactions: int) -> bool:
    if holder["seconds"] is not None:
        return bool(holder["seconds"] >= patience)
    return (holder["transactions"] or 0) >= patience_transactions


def holder_finding(holder: Mapping[str, Any]) -> Finding:
    """What holds cleaning back, since when, and how to end it."""
    kind, name = holder["kind"], holder["name"]
    what = f"{kind} {name}{detail(holder)} holds back the cleaning of dead rows {since(holder)}"
    match kind:
        case "session":
            role = f"role {holder['role']}" if holder["role"] else "its role"
            cure = f"end it with SELECT pg_terminate_backend({name}), and set idle_in_transaction_session_timeout for {role}"
        case "prepared transaction":
            cure = (
                f"COMMIT PREPARED {quoted(name)} or ROLLBACK PREPARED {quoted(name)}, in database {holder['database']}"
            )
        case "replication slot" if holder["state"] == "active":
            cure = f"see why its reader is behind; without need of it, SELECT pg_drop_replication_slot({quoted(name)})"
        case "replication slot":
            cure = f"start its reader, or drop it: SELECT pg_drop_replication_slot({quoted(name)})"
        case _:
            cure = "end the long query on that standby, or set hot_standby_feedback = off there"
    return Finding("cleaning", "note" if holder["catalog_only"] else "wrong", f"{what}: {cure}")


def detail(holder: Mapping[str, Any]) -> str:
    given = {
        "": holder["application"],
        "role ": holder["role"],
        "database ": holder["database"],
        "last statement ": holder["doing"],
    }
    words = [prefix + value for prefix, value in given.items() if value and value != holder["name"]]
    if holder["state"]:
        words.append(holder["state"])
    if holder["catalog_only"]:
        words.append("of the system's own tables only")
    return f" ({', '.join(words)})" if words else ""


def since(holder: Mapping[str, Any]) -> str:
    if holder["seconds"] is None:
        return f"since {holder['transactions']:,} transactions".replace(",", " ")
    minutes, seconds = divmod(int(holder["seconds"]), 60)
    return f"for {minutes} min" if minutes >= 2 else f"for {60 * minutes + seconds} s"


def piled_up(state: Mapping[str, Any]) -> str:
    text = (
        f"{state['worst']} has {state['dead']} dead rows and nothing that is seen from here holds their cleaning back: "
    )
    if state["hidden"]:
        return (
            text + f"{state['hidden']} sessions are hidden from this role: GRANT pg_read_all_stats TO it, and ask again"
        )
    return text + f"VACUUM (VERBOSE) {state['worst']} says what they wait for"


def quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
