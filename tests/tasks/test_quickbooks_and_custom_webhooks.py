"""The jobs of QuickBooks' webhooks and of a firm's own: what goes at once, what is fetched, and who is handed what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from advisorjobs import queue_custom_webhook, queue_quickbooks_webhook
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.webhooks.quickbooks import wanted_sync
from tests.fixtures.webhook_office import Office
from tests.fixtures.webhooks import REALM

CHANGED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def change(office: Office, operation: Any, event_id: str = "e1", entity: str = "Invoice", **more: Any) -> Any:
    given = {"entity_id": "95", "changed_at": CHANGED, "operation": operation, "entity": entity, **more}
    queue_quickbooks_webhook.sync(REALM, office.practice.organization, event_id=event_id, **given)
    return office.run()


SYNCED = (
    """
    INSERT INTO practice_invoices (
        organization_id, client_id, customer_id, number, party_name, issued_on, due_on, net, total, source, external_id)
    SELECT %(organization)s, %(client)s, id, '1', 'Ada', '2026-01-01', '2026-01-01', 5, 5, 'quickbooks', %(realm)s || ':95'
      FROM practice_customers WHERE external_id = %(realm)s || ':96'
    """,
    """
    INSERT INTO practice_payments (organization_id, client_id, paid_on, amount, source, external_id)
    VALUES (%(organization)s, %(client)s, '2026-01-01', 5, 'quickbooks', %(realm)s || ':95:1')
    """,
    """
    INSERT INTO practice_accounts (organization_id, client_id, name, source, external_id)
    VALUES (%(organization)s, %(client)s, 'Bank', 'quickbooks', %(realm)s || ':95')
    """,
)


def synced(office: Office) -> None:
    """What a sync has brought: a customer with an invoice and its payment."""
    values = {"organization": office.practice.organization, "client": office.practice.client, "realm": REALM}
    office.practice.connection.cursor().executemany(
        "INSERT INTO practice_customers (organization_id, client_id, name, source, external_id)"
        " VALUES (%(organization)s, %(client)s, 'Ada', 'quickbooks', %(realm)s || ':' || %(id)s)",
        [{**values, "id": number} for number in ("95", "96")],
    )
    for each in SYNCED:
        office.practice.connection.execute(each, values)


def test_many_changes_of_one_company_have_one_sync_after_them(office: Office) -> None:
    results = [change(office, "update", f"e{number}", entity_id=str(number)) for number in range(6)]
    jobs = {
        job.id: job for job in office.kit.assert_enqueued("integration:quickbooks_sync", payload={"realm_id": REALM})
    }

    assert {result["sync"] for result in results} == set(jobs)
    assert len({job.scheduled_at for job in jobs.values()}) == len(jobs)  # one for each window that the test took
    for event, result in zip(office.practice.events(), results, strict=True):
        starts = jobs[result["sync"]].scheduled_at
        assert starts is not None
        assert timedelta(0) < starts - event["applied_at"] <= timedelta(seconds=10)


def test_a_sync_begins_when_its_window_is_over() -> None:
    told = [CHANGED + timedelta(seconds=second) for second in (0, 9.999, 10)]
    first, second, third = (wanted_sync(REALM, moment) for moment in told)

    assert first == second
    assert (first.at, third.at) == (CHANGED + timedelta(seconds=10), CHANGED + timedelta(seconds=20))
    assert first.key != third.key


def test_what_is_deleted_goes_at_once(office: Office) -> None:
    synced(office)
    for number, entity in enumerate(("Customer", "Invoice", "Payment", "Account")):
        assert change(office, "delete", f"e{number}", entity) == {"outcome": "applied"}

    assert [row["is_active"] for row in office.rows("customers")] == [False, True]
    assert [row["status"] for row in office.rows("invoices")] == ["void"]
    assert office.rows("payments") == []
    assert [row["is_active"] for row in office.rows("accounts")] == [False]
    office.kit.assert_enqueued("integration:quickbooks_sync", count=0)


def test_invoices_of_a_customer_that_was_merged_are_the_others(office: Office) -> None:
    synced(office)
    change(office, "merge", entity="Customer", entity_id="95", deleted_id="96")

    kept, gone = office.rows("customers")
    assert (kept["is_active"], gone["is_active"]) == (True, False)
    assert office.rows("invoices")[0]["customer_id"] == kept["id"]


def test_an_older_change_is_superseded_and_another_kind_ignored(office: Office) -> None:
    change(office, "update")

    assert change(office, "void", "e2", changed_at=CHANGED - timedelta(hours=1)) == {"outcome": "superseded"}
    assert change(office, "update", "e3", "Budget") == {"outcome": "ignored"}
    assert change(office, "emailed", "e4") == {"outcome": "ignored"}
    assert change(office, "update", "e1", unique_key="again")["skipped"]


def test_a_company_that_isnt_connected_fails_for_good(office: Office) -> None:
    office.practice.connection.execute("DELETE FROM practice_connections")

    with pytest.raises(JobError, match="no quickbooks connection") as error:
        change(office, "update")
    assert error.value.code is ErrorCode.NOT_FOUND


def own_event(office: Office, source: str, **more: Any) -> Any:
    given: dict[str, Any] = {"event_id": "msg_1", "event_type": "deal.won", "event": {"data": {"id": "7"}}, **more}
    queue_custom_webhook.sync(source, office.practice.organization, **given)
    return office.run()


def test_an_event_of_a_firms_own_is_kept_and_shown(office: Office) -> None:
    assert own_event(office, "plain") == {"outcome": "applied", "handler": None}
    assert office.feed() == ["plain told of deal.won"]
    assert office.practice.events()[0]["event"] == {"data": {"id": "7"}}
    assert own_event(office, "plain", unique_key="again") == {"skipped": True, "outcome": "applied"}


def test_the_applications_job_for_a_source_gets_the_event(office: Office) -> None:
    assert own_event(office, "crm") == {"outcome": "applied", "handler": "webhook:crm"}
    assert office.run() == {"event_type": "deal.won", "event": {"data": {"id": "7"}}}
    assert own_event(office, "crm", unique_key="again")["skipped"]
    assert office.kit.run_next(queue="webhooks") is None


def test_a_large_event_stays_where_it_is_stored(office: Office) -> None:
    own_event(office, "crm", event={"text": "x" * 200_000})

    assert office.run() == {"event_type": "deal.won", "event": None}
