"""A real Prometheus that scrapes a real worker and a real web process: every rule is evaluated, every panel has data."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.fixtures.apps import ROOT
from tests.fixtures.clusters import free_port
from tests.fixtures.waiting import wait_for
from tests.fixtures.watched_workers import Start, WatchedWorker, enqueue
from tests.ops.test_alert_rules import expressions, rules

TOKEN = "a-token-of-many-letters"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="Prometheus is not installed"),
]
CONFIGURATION = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}"]
scrape_configs:
  - job_name: advisorjobs
    authorization: {{credentials: {token}}}
    static_configs: [{{targets: ["127.0.0.1:{web}"]}}]
  - job_name: advisorjobs-workers
    authorization: {{credentials: {token}}}
    static_configs: [{{targets: ["{worker}"]}}]
"""


@dataclass(frozen=True, slots=True)
class Watch:
    """`url`: Prometheus'."""

    url: str
    web: str
    worker: WatchedWorker

    def api(self, path: str, **parameters: str) -> Any:
        answer = httpx.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=10).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def values(self, expression: str) -> list[float]:
        """What a panel would show now; NaN is nothing."""
        for name, value in (("$queue", ".*"), ("$__rate_interval", "30s"), ("$__range", "30s")):
            expression = expression.replace(name, value)
        found = [float(each["value"][1]) for each in self.api("query", query=expression)["result"]]
        return [value for value in found if not math.isnan(value)]


@pytest.fixture
def watch(watched: Start, database: str, tmp_path: Path) -> Iterator[Watch]:
    worker = watched(ADVISORJOBS_METRICS_TOKEN=TOKEN)
    web, port = free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "DATABASE_URL": database,
        "ADVISORJOBS_DATA_DIR": str(tmp_path),
        "ADVISORJOBS_METRICS_TOKEN": TOKEN,
    }
    configuration = tmp_path / "prometheus.yml"
    configuration.write_text(
        CONFIGURATION.format(
            rules=ROOT / "ops" / "prometheus" / "alerts.yml",
            token=TOKEN,
            web=web,
            worker=worker.url.removeprefix("http://"),
        )
    )
    commands = [
        [sys.executable, "-m", "advisorjobs", "dashboard", "--port", str(web)],
        [
            "prometheus",
            f"--config.file={configuration}",
            f"--storage.tsdb.path={tmp_path / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
    ]
    with (tmp_path / "watch.log").open("wb") as log:
        processes = [subprocess.Popen(each, env=environment, stdout=log, stderr=log, cwd=ROOT) for each in commands]
    try:
        yield Watch(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{web}", worker)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def test_every_panel_has_data_and_every_rule_is_evaluated(
    watch: Watch, database: str, tmp_path: Path, connection: psycopg.Connection[Any]
) -> None:
    wait_for(lambda: answers(f"{watch.web}/readyz"), "the web process", seconds=60)
    wait_for(lambda: answers(f"{watch.url}/-/ready"), "Prometheus", seconds=60)
    httpx.post(f"{watch.web}/webhooks/stripe", json={}, timeout=5)
    lacking = set(expressions())

    def all_shown() -> bool:
        enqueue(database, "watched:sleep", seconds=0, path=str(tmp_path / "begun"))
        enqueue(database, "watched:fail")
        connection.execute("SELECT advisorjobs_fold_tallies(0)")
        lacking.difference_update([each for each in lacking if watch.values(each)])
        return not lacking

    wait_for(all_shown, "data for every panel", seconds=90)
    assert sum(watch.values("increase(advisorjobs_runs_finished_total[1m])")) > 0
    assert "critical" in watch.api("label/queue/values")
    evaluated = [rule for group in watch.api("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"] for rule in evaluated} == {rule["alert"] for rule in rules()}
    assert {(rule["health"], rule.get("lastError")) for rule in evaluated} == {("ok", None)}
    assert {target["health"] for target in watch.api("targets")["activeTargets"]} == {"up"}


def test_promtool_finds_nothing_to_say_of_names_and_units(watch: Watch, database: str, tmp_path: Path) -> None:
    wait_for(lambda: answers(f"{watch.web}/readyz"), "the web process", seconds=60)
    for url in (watch.web, watch.worker.url):
        shown = httpx.get(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
        done = subprocess.run(
            ["promtool", "check", "metrics"], input=shown.text, capture_output=True, text=True, check=False, timeout=60
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), url
    assert json.loads(httpx.get(f"{watch.web}/healthz", timeout=5).text)["status"] == "ok"
