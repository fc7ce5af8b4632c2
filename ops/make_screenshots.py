"""Takes a picture of every page of the dashboard, light and dark, on a practice's invented day.

    python -m ops.make_screenshots [page …]

Needs a Chromium on the machine; writes ops/screenshots/<page>-light.png and -dark.png.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from advisorjobs.application import App
from advisorjobs.database.migrate import migrate
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


def main(*wanted: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, throwaway_cluster() as cluster, chromium() as browser:
        app = App(Settings(database_url=cluster.tcp_dsn, data_dir=Path(folder)))
        migrate(cluster.tcp_dsn, fill=[app.publish])
        taken = pages(fill_day(cluster.tcp_dsn, app))
        unknown = set(wanted) - set(taken)
        if unknown:
            sys.exit(f"no such page: {', '.join(sorted(unknown))}; there are {', '.join(taken)}")
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
