"""Writing an invented firm into the database, and taking it away again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from advisorjobs.database.statement import statement
from advisorjobs.practice.rows import Firm

__all__ = ["remove_firm", "store_firm"]


def store_firm(connection: Any, firm: Firm) -> None:
    """Writes *firm* in one transaction, or in the one that is open.

    *connection* is a blocking psycopg connection of the tables' owner, such as `migrate` has. What is `arriving` is left
    out. A firm that is there already ends in the database's own error.
    """
    organization = firm.organization.id
    with connection.transaction():
        connection.execute(statement("work_for"), {"organization": organization})
        values = {"organization": organization, "firm": json.dumps(_without_arriving(firm), default=_as_text)}
        connection.execute(statement("store_practice"), values)


def remove_firm(connection: Any, organization_id: str) -> None:
    """Takes the organization's rows away, in one transaction: all that is kept for it but the history of its jobs."""
    values = {"organization": organization_id}
    with connection.transaction():
        connection.execute(statement("work_for"), values)
        connection.execute(statement("remove_organization"), values)


def _without_arriving(firm: Firm) -> Mapping[str, Any]:
    return {key: value for key, value in asdict(firm).items() if key not in {"arriving", "oddities"}}


def _as_text(value: Any) -> str:
    """Money and days as PostgreSQL reads them back without loss."""
    if isinstance(value, Decimal | date):
        return str(value)
    raise TypeError(f"a practice holds no {type(value).__name__}")
