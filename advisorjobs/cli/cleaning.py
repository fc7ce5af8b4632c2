"""Whether dead row versions are cleaned away, and who holds that back if not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from advisorjobs.cli.query import ask
from advisorjobs.finding import Finding
from advisorjobs.inspector.cleaning import PATIENCE, PATIENCE_TRANSACTIONS, cleaning_findings

__all__ = ["cleaning"]


def cleaning(
    connection: Any, *, patience: float = PATIENCE, patience_transactions: int = PATIENCE_TRANSACTIONS
) -> Iterator[Finding]:
    """See cleaning_findings."""
    (state,) = ask(connection, "cleaning_state")
    return cleaning_findings(
        state,
        ask(connection, "cleaning_held_back"),
        patience=patience,
        patience_transactions=patience_transactions,
    )
