"""The receiver: what is signed is stored with its job, and nothing else is."""

from __future__ import annotations

from tests.fixtures.webhooks import Desk, stripe_body


def test_an_event_of_stripes_is_stored_with_its_job(web: Desk) -> None:
    answer = web.sender.stripe(stripe_body())

    assert (answer.status_code, answer.json()) == (200, {"status": "received"})
    (event,), (job,) = web.practice.events(), web.practice.jobs()
    assert (event["event_id"], event["object_id"], event["account"]) == ("evt_1", "cus_1", "acct_1Platform")
    assert job["task_name"] == "webhook:stripe"
    assert job["args"]["event_id"] == "evt_1"
