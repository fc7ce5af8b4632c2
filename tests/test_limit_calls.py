from datetime import timedelta
from typing import Any

import psycopg
import pytest

from advisorjobs.errors import SettingsError, UnknownJob
from advisorjobs.limits import OrganizationRule, Origin, Setting
from advisorjobs.manager import QueueManager
from advisorjobs.queues import QUEUES, RateLimit

Connection = psycopg.Connection[Any]


async def test_a_queues_limits_are_changed_and_seen_with_their_origin(manager: QueueManager) -> None:
    await manager.set_queue_limit("emails", running=20, organization_rate="20/min", why="newsletter", changed_by="ada")
    limits = await manager.get_queue_limits("emails")

    assert limits.rate == Setting(QUEUES["emails"].rate_limit, Origin.TABLE)
    assert limits.running == Setting(20, Origin.CHANGED)
    assert limits.organization_rate == Setting(RateLimit(20, timedelta(minutes=1)), Origin.CHANGED)
    assert limits.organization_running == Setting(None, Origin.TABLE)
    assert limits.fair == Setting(value=True, origin=Origin.TABLE)
    assert limits.change is not None
    assert str(limits.change) == f"changed by ada {limits.change.at.astimezone():%Y-%m-%d}: newsletter"
    assert manager.sync.get_queue_limits("emails") == limits


def test_none_takes_a_limit_away_and_a_reset_brings_the_tables_back(manager: QueueManager) -> None:
    manager.sync.set_queue_limit("emails", rate="none", fair=False)
    assert manager.sync.get_queue_limits("emails").rate == Setting(None, Origin.CHANGED)
    assert manager.sync.get_queue_limits("emails").fair == Setting(value=False, origin=Origin.CHANGED)

    assert manager.sync.reset_queue_limit("emails")
    assert not manager.sync.reset_queue_limit("emails")
    limits = manager.sync.get_queue_limits("emails")
    assert limits.rate == Setting(QUEUES["emails"].rate_limit, Origin.TABLE)
    assert limits.change is None


def test_a_rate_that_another_programs_table_brought_is_told_from_peoples(
    manager: QueueManager, connection: Connection
) -> None:
    connection.execute("UPDATE advisorjobs_queues SET rate = 50 WHERE name = 'emails'")

    assert manager.sync.get_queue_limits("emails").rate.origin is Origin.OTHER_TABLE


def test_all_queues_are_seen_in_the_order_of_the_table(manager: QueueManager) -> None:
    names = [limits.queue for limits in manager.sync.get_all_queue_limits()]

    assert names == [*QUEUES, "builtin", "default"]


def test_a_change_belongs_to_the_callers_transaction(manager: QueueManager, connection: Connection) -> None:
    with connection.transaction(force_rollback=True):
        manager.sync.set_queue_limit("emails", running=1, connection=connection)

    assert manager.sync.get_queue_limits("emails").running.value is None


def test_an_organization_has_rules_for_one_queue_and_for_each(manager: QueueManager) -> None:
    manager.sync.set_organization_rule("org-7", weight=4, changed_by="ada")
    manager.sync.set_organization_rule("org-7", queue="emails", rate="5/10s", running=2)
    manager.sync.set_organization_rule("org-8", queue="reports", weight=2)

    everywhere, in_emails = manager.sync.get_organization_rules(queue="emails")
    assert (everywhere.queue, everywhere.weight, everywhere.rate, everywhere.change.by) == (None, 4, None, "ada")
    assert in_emails == OrganizationRule(
        organization_id="org-7",
        queue="emails",
        weight=None,
        rate=RateLimit(5, timedelta(seconds=10)),
        running=2,
        change=in_emails.change,
    )
    assert len(manager.sync.get_organization_rules()) == 3
    assert [rule.queue for rule in manager.sync.get_organization_rules(organization_id="org-8")] == ["reports"]
    assert manager.sync.remove_organization_rule("org-7")
    assert not manager.sync.remove_organization_rule("org-7")
    manager.sync.set_organization_rule("org-7", queue="emails", rate="none", running="none")
    assert manager.sync.get_organization_rules(queue="emails") == []


def test_a_key_has_limits_over_all_queues(manager: QueueManager) -> None:
    manager.sync.set_key_limit("stripe", rate="100/s", running=2)
    manager.sync.set_key_limit("stripe", rate="none", why="one call at a time")

    (limit,) = manager.sync.get_key_limits()
    assert (limit.key, limit.rate, limit.running, limit.change.why) == ("stripe", None, 2, "one call at a time")
    assert manager.sync.remove_key_limit("stripe")
    assert manager.sync.get_key_limits() == []


def test_an_unknown_queue_and_a_wrong_value_are_refused_before_anything_is_sent(manager: QueueManager) -> None:
    with pytest.raises(UnknownJob, match="did you mean 'emails'"):
        manager.sync.set_queue_limit("emials", running=1)
    with pytest.raises(UnknownJob, match="did you mean 'emails'"):
        manager.sync.set_organization_rule("org-7", queue="emials", weight=1)
    with pytest.raises(SettingsError, match="running=0"):
        manager.sync.set_queue_limit("emails", running=0)
