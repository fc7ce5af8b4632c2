from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from advisorjobs.errors import SettingsError, UnknownJob
from advisorjobs.manager import QueueManager


async def test_a_queue_is_paused_and_resumed(manager: QueueManager) -> None:
    until = datetime.now(UTC) + timedelta(days=1)

    assert await manager.pause_queue("emails", reason="the mail server moves", until=until, paused_by="ada")
    pause = (await manager.get_queue_limits("emails")).pause
    assert pause is not None
    assert (pause.queue, pause.organization_id, pause.until, pause.reason, pause.paused_by) == (
        "emails",
        None,
        until,
        "the mail server moves",
        "ada",
    )
    assert await manager.get_pauses() == manager.sync.get_pauses() == [pause]
    assert not await manager.pause_queue("emails")
    assert await manager.resume_queue("emails")
    assert not await manager.resume_queue("emails")
    assert (await manager.get_queue_limits("emails")).pause is None


def test_an_organization_is_paused_in_one_queue_or_in_each(manager: QueueManager) -> None:
    manager.sync.pause_queue("emails", organization_id="org-7")
    manager.sync.pause_organization("org-7", reason="not paid")

    assert [(pause.queue, pause.organization_id) for pause in manager.sync.get_pauses()] == [
        (None, "org-7"),
        ("emails", "org-7"),
    ]
    assert manager.sync.get_queue_limits("emails").pause is None
    assert manager.sync.resume_organization("org-7")
    assert not manager.sync.resume_organization("org-7")
    assert manager.sync.resume_queue("emails", organization_id="org-7")
    assert manager.sync.get_pauses() == []


def test_a_pause_that_is_over_isnt_shown(manager: QueueManager, connection: psycopg.Connection[Any]) -> None:
    connection.execute("INSERT INTO advisorjobs_pauses (queue, until) VALUES ('emails', now() - interval '1 minute')")

    assert manager.sync.get_pauses() == []
    assert manager.sync.get_queue_limits("emails").pause is None


def test_a_pause_belongs_to_the_callers_transaction(manager: QueueManager, connection: psycopg.Connection[Any]) -> None:
    with connection.transaction(force_rollback=True):
        assert manager.sync.pause_queue("emails", connection=connection)

    assert manager.sync.get_pauses() == []


def test_what_cant_be_used_is_refused(manager: QueueManager) -> None:
    with pytest.raises(UnknownJob, match="did you mean 'emails'"):
        manager.sync.pause_queue("emials")
    with pytest.raises(SettingsError, match="must have a time zone"):
        manager.sync.pause_queue("emails", until=datetime(2036, 1, 1))  # noqa: DTZ001
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="until: must lie in the future"):
        manager.sync.pause_queue("emails", until=datetime(2020, 1, 1, tzinfo=UTC))
