"""Sending files through the whole document pipeline and waiting for what comes out: `process`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from advisorjobs.cli.ground import Database, worker
from advisorjobs.cli.outcome import outcome
from advisorjobs.cli.progress import Progress, gather
from advisorjobs.cli.query import ask
from advisorjobs.cli.watching import by_id, watch
from advisorjobs.database.address import connect
from advisorjobs.documents import add_document
from advisorjobs.services.storage import storage
from advisorjobs.settings import Settings

__all__ = ["Sent", "send_through"]


@dataclass(frozen=True, slots=True)
class Sent:
    """How far each file came, and what came out of it (see cli/outcome.py), in the order given."""

    documents: Sequence[Progress]
    outcomes: list[dict[str, Any]]

    @property
    def failed(self) -> bool:
        return any(each["status"] == "failed" for each in self.outcomes)


def send_through(
    settings: Settings, database: Database, files: Sequence[str], organization: str, console: Console
) -> Sent:
    """Adds *files* and has them worked off by a worker of our own, shown on *console*."""
    with worker(settings, "document") as process, connect(database.dsn, autocommit=True) as connection:
        added = {add_document.sync(file, organization_id=organization): file for file in files}
        asked = {"organization": organization, "documents": list(added)}
        seen: Mapping[str, Progress] = {}

        def look() -> Sequence[Progress]:
            nonlocal seen
            process.check()
            found = gather(added, ask(connection, "document_states", asked, organization=organization), seen)
            seen = by_id(found)
            return found

        documents = watch(look, console)
        rows = {row["id"]: row for row in ask(connection, "document_results", asked, organization=organization)}
    shelf = storage(settings).shelf(organization)
    outcomes = [outcome(document, rows[document.document_id], shelf.place) for document in documents]
    return Sent(documents, outcomes)
