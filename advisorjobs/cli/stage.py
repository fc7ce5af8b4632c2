"""The demo's practice on a real database: cleared of the last time, stored, and its day's work queued."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from advisorjobs.application import the_app
from advisorjobs.cli.day import Day, day_of
from advisorjobs.cli.query import ask
from advisorjobs.documents import add_document, sweep
from advisorjobs.errors import PayloadError
from advisorjobs.manager import QueueManager
from advisorjobs.practice.drawing import draw
from advisorjobs.practice.invented import invented_practice
from advisorjobs.practice.papers import papers
from advisorjobs.practice.rows import Connection, Firm
from advisorjobs.practice.storing import remove_firm, store_firm
from advisorjobs.practice.work import Job, closing_work, opening_work
from advisorjobs.queues import QUEUE_NAMES

__all__ = ["SEED", "Stage", "set_stage"]

SEED = 2026
TAG = "demo"
PREPARING = ("document:", "ai:classify_transactions")


@dataclass(slots=True)
class Stage:
    """What was put there, and which jobs came of it. `first`: the number from which on jobs belong to this day."""

    connection: Any = field(repr=False)
    firms: Sequence[Firm]
    today: date
    first: int
    documents: dict[str, str] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)

    @property
    def firm(self) -> Firm:
        return self.firms[0]

    @property
    def organizations(self) -> list[str]:
        return [firm.organization.id for firm in self.firms]

    def forget_starts(self) -> None:
        """The last day's figures were found on this machine, so that no service asks for patience: begins to count anew."""
        ask(self.connection, "forget_starts", {"queue": QUEUE_NAMES.AI_PROCESSING})

    def open(self) -> None:
        """Brings the day's papers in, and queues what doesn't wait for them."""
        for paper in papers(self.firm):
            identity = add_document.sync(
                draw(paper),
                organization_id=self.firm.organization.id,
                client_id=paper.client_id,
                filename=paper.file_name,
            )
            self.documents[paper.file_name] = identity
        self.queue(opening_work(self.firm, self.today))

    def close(self) -> None:
        """Queues what is about read documents and sorted books."""
        self.queue(closing_work(self.firm, self.today, self.documents))

    def queue(self, jobs: Iterable[Job]) -> None:
        made = QueueManager(the_app()).sync.add_jobs(
            {"name": name, "payload": payload, "tags": [TAG]} for name, payload in jobs
        )
        self.numbers += [each.id for each in made]

    def look(self) -> Day:
        """How far the day is."""
        asked = {"first": self.first, "organizations": self.organizations, "numbers": self.numbers}
        return day_of(ask(self.connection, "jobs_since", asked), the_app().catalogue.functions())

    def prepared(self, day: Day) -> bool:
        """Whether the documents are read and the books sorted, as far as they are going to be."""
        return not any(job.lives for job in day.jobs if job.name.startswith(PREPARING))


def set_stage(connection: Any, organization: str, secrets: Mapping[str, str]) -> Stage:
    """Takes away what the last demo has left, and stores the practice anew. *secrets*: service → what signs its events.

    Raises PayloadError, before anything is changed, where that organization isn't the invented one.
    """
    today = datetime.now(UTC).date()
    firms = [
        replace(firm, connections=tuple(_sealed(each, firm, secrets) for each in firm.connections))
        for firm in invented_practice(SEED, today, organization=organization)
    ]
    organizations = [firm.organization.id for firm in firms]
    for firm in firms:
        _refuse_other(connection, firm)
    ask(connection, "cancel_jobs_of", {"organizations": organizations, "tag": TAG})
    for firm in firms:
        remove_firm(connection, firm.organization.id)
        sweep(firm.organization.id, older_than=timedelta(0))
        store_firm(connection, firm)
    (newest,) = ask(connection, "next_job_number")
    return Stage(connection, firms, today, newest["number"])


def _refuse_other(connection: Any, firm: Firm) -> None:
    """Raises PayloadError where the database has another organization under the invented one's id."""
    organization = firm.organization
    for row in ask(connection, "organization_name", {"organization": organization.id}, organization=organization.id):
        if row["name"] != organization.name:
            reason = f"{organization.id} is {row['name']!r} in this database: unset DATABASE_URL or name another"
            raise PayloadError("demo", {"organization": reason})


def _sealed(connection: Connection, firm: Firm, secrets: Mapping[str, str]) -> Connection:
    from advisorjobs.services.webhooks.secrets import seal_webhook_secret

    sealed = seal_webhook_secret(
        secrets[connection.service],
        organization_id=firm.organization.id,
        service=connection.service,
        account=connection.account,
    )
    return replace(connection, secrets=(sealed,))
