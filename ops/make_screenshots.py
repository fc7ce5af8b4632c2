"""Takes a picture of every page of the dashboard, light and dark, on a practice's invented day.

    python -m ops.make_screenshots [page …]

Needs a Chromium on the machine; writes ops/screenshots/<page>-light.png and -dark.png.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from advisorjobs.actions.actions import Actions
from advisorjobs.actor import Actor, Via
from advisorjobs.application import App
from advisorjobs.database.migrate import migrate
from advisorjobs.inspector.job_filter import JobFilter
from advisorjobs.settings import Settings
from ops.showcase.day import Day, fill_day
from tests.fixtures.browser import chromium, opened, served
from tests.fixtures.clusters import throwaway_cluster

__all__ = ["main", "pages"]

FOLDER = Path(__file__).resolve().parent / "screenshots"
SIZE = {"width": 1280, "height": 860}


def pages(day: Day) -> Mapping[str, str]:
    """What is taken: the name of the picture, and the address."""
    return {
        "overview": "/",
        "queue": "/queues/document-processing",
        "jobs": "/jobs",
        "job-failed": f"/jobs/{day.failed}",
        "job-waiting": f"/jobs/{day.waiting}",
        "actions": "/actions",
        "failures": "/failures",
        "performance": "/performance?span=7d",
        "organizations": "/organizations",
        "organization": "/organizations/practice-01",
        "schedules": "/schedules",
        "schedule": "/schedules/of/scheduled:daily_reports?organization=system",
        "schedule-new": "/schedules/new",
        "workers": "/workers",
        "limits": "/limits",
        "database": "/database",
        "audit": "/audit",
        "people": "/people",
        "account": "/account",
    }


def act(app: App, day: Day) -> None:
    """Actions on many jobs as a morning leaves them behind: done, under way, stopped, and one that is only looked at."""
    mira = Actions(app, Actor(via=Via.DASHBOARD, by="mira", role="admin")).sync
    otto = Actions(app, Actor(via=Via.API, by="otto", role="operator", why="the client has left")).sync
    done = mira.propose("retry", jobs=[day.failed, day.completed])
    stopped = otto.propose("cancel", wanted=JobFilter(queue="reports"))
    running = otto.propose("cancel", wanted=JobFilter(queue="emails", organization_id="practice-03"))
    mira.propose("retry", wanted=JobFilter(queue="document-processing"))
    mira.confirm(done, "the bank answers again")
    for number in (stopped, running):
        otto.confirm(number)
    otto.cancel_action(stopped)


def main(*wanted: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, throwaway_cluster() as cluster, chromium() as browser:
        app = App(Settings(database_url=cluster.tcp_dsn, data_dir=Path(folder)))
        migrate(cluster.tcp_dsn, fill=[app.publish])
        day = fill_day(cluster.tcp_dsn, app)
        taken = pages(day)
        unknown = set(wanted) - set(taken)
        if unknown:
            sys.exit(f"no such page: {', '.join(sorted(unknown))}; there are {', '.join(taken)}")
        if "actions" in (wanted or taken):
            act(app, day)
        with served(app) as url:
            for theme in ("light", "dark"):
                for name in wanted or taken:
                    with opened(browser, url, color_scheme=theme, viewport=SIZE) as tab:
                        tab.go(taken[name]).page.wait_for_function("document.fonts.status === 'loaded'")
                        tab.page.wait_for_timeout(1200)  # charts are drawn, and the first live event has come
                        tab.page.screenshot(path=FOLDER / f"{name}-{theme}.png", full_page=True)
                        print(f"{name}-{theme}.png")
        app.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
