"""A job's page leads to its trace: those who run the system, where there is one."""

from __future__ import annotations

from dataclasses import replace

from advisorjobs.application import App
from advisorjobs.telemetry_settings import Telemetry
from advisorjobs.web.access.person import Role
from tests.fixtures.desk import Desk
from tests.fixtures.visitors import Added, Comes, Visitor

LINK = 'href="https://traces.test/0af7651916cd43dd8448eb211c80319c"'
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def shown(visitor: Visitor, job: int) -> str:
    answer = await visitor.get(f"/jobs/{job}")
    assert answer.status_code == 200
    return answer.text


async def test_those_who_run_the_system_are_led_to_a_job_s_trace(
    app: App, desk: Desk, comes: Comes, add_person: Added
) -> None:
    app.settings = replace(app.settings, telemetry=Telemetry(trace_url="https://traces.test/{trace_id}"))
    traced, plain = (
        desk.enqueue(organization_id="org-7", traceparent=TRACEPARENT),
        desk.enqueue(organization_id="org-7"),
    )
    await add_person("ada", Role.VIEWER)
    await add_person("ben", Role.VIEWER, "org-7")
    ada, ben = comes(), comes()
    await ada.sign_in("ada")
    await ben.sign_in("ben")

    assert LINK in await shown(ada, *traced)
    assert "traces.test" not in await shown(ada, *plain)
    assert "traces.test" not in await shown(ben, *traced)
