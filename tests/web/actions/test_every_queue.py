"""All queues at once, from the overview: asked before, each noted for itself."""

from __future__ import annotations

from advisorjobs.manager import QueueManager
from advisorjobs.queues import QUEUES
from advisorjobs.web.access.person import Role
from tests.fixtures.deeds import Log
from tests.fixtures.desk import Desk
from tests.fixtures.visitors import Added, Comes


async def paused(manager: QueueManager) -> dict[str, str | None]:
    found = await manager.get_all_queue_stats()
    return {stats.queue: stats.pause and stats.pause.reason for stats in found if stats.is_paused}


async def test_all_queues_are_paused_after_a_question_and_resumed_after_another(
    comes: Comes, desk: Desk, manager: QueueManager, audit_log: Log
) -> None:
    await manager.pause_queue("emails", reason="the mail server moves", paused_by="bob")
    visitor = comes()
    home = (await visitor.get("/")).text
    assert "Pause all…" in home
    asked = await visitor.form("/", "/pause-queues")
    assert "Pause all queues?" in asked.text
    assert " emails" not in asked.text.partition("Nothing new starts in")[2].partition(".")[0]
    assert list(await paused(manager)) == ["emails"]
    refused = await visitor.form("/", "/pause-queues", sure="yes")
    assert refused.status_code == 303
    assert list(await paused(manager)) == ["emails"]  # nobody would know why
    assert (await visitor.form("/", "/pause-queues", sure="yes", why="the database moves")).status_code == 303
    now = await paused(manager)
    assert set(now) == set(QUEUES)
    assert now["emails"] == "the mail server moves"  # which holds on
    assert {row["why"] for row in audit_log() if row["subject"] != "emails"} == {"the database moves"}
    assert f"{len(QUEUES) - 1} queues paused" in (home := (await visitor.get("/")).text)
    assert "Pause all…" not in home
    asked = await visitor.form("/", "/resume-queues")
    assert "emails (the mail server moves)" in asked.text
    assert set(await paused(manager)) == set(QUEUES)
    await visitor.form("/", "/resume-queues", sure="yes")
    assert await paused(manager) == {}
    assert "Resume all…" not in (await visitor.get("/")).text


async def test_viewers_are_not_offered_it(comes: Comes, add_person: Added, desk: Desk) -> None:
    await add_person("vera", Role.VIEWER)
    visitor = comes()
    await visitor.sign_in("vera")
    assert "Pause all" not in (await visitor.get("/")).text
