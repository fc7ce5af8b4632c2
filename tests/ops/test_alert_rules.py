"""The alert rules and the dashboard of ops/, as files: every name in them is one that we show, every alert is tested."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from advisorjobs.monitoring.measurements import Measurements, TableState
from advisorjobs.monitoring.queue_metrics import build_metrics, queue_metrics, webhook_metrics
from advisorjobs.monitoring.report import QueueReport, Report
from advisorjobs.monitoring.worker_metrics import worker_metrics
from tests.fixtures.apps import ROOT

RULES = ROOT / "ops" / "prometheus"
DASHBOARD = ROOT / "ops" / "grafana" / "advisorjobs.json"
NOTHING = Measurements(
    queues=(),
    workers_alive=1,
    workers_silent=0,
    heartbeat_age=1.0,
    schedules_broken=0,
    schedules_late=0,
    schedule_lateness=0.0,
    totals=(),
    errors=(),
    tables=(TableState(name="t", living=0, dead=0, bytes=0),),
    held_back=0.0,
    held_back_transactions=0,
    unfolded=0,
    server_version="18",
)
REPORT = Report(pid=1, turned=1.0, started=True, renewed_at=1.0, queues={"q": QueueReport()})


def shown() -> set[str]:
    """The names of all samples that can be had."""
    families = [
        *build_metrics("1"),
        *queue_metrics(NOTHING, 0.0),
        *webhook_metrics({}),
        *worker_metrics([REPORT], REPORT, 1.0, version="1", starts=1, stopping=False),
    ]
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
    return {family.name + ending for family in families for ending in endings[family.type]}


def asked(text: str) -> set[str]:
    return set(re.findall(r"\badvisorjobs_\w+", re.sub(r'"[^"]*"', '""', text)))


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((RULES / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    board: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return board


def expressions() -> Iterator[str]:
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_what_is_shown_and_says_what_to_do(rule: dict[str, Any]) -> None:
    assert asked(rule["expr"]) <= shown()
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert set(rule["annotations"]) == {"summary", "description"}


def test_every_alert_is_seen_to_fire() -> None:
    tests = yaml.safe_load((RULES / "alerts_test.yml").read_text())["tests"]
    samples = [sample for test in tests for each in test["promql_expr_test"] for sample in each["exp_samples"]]
    fired = {match[1] for sample in samples if (match := re.search(r'alertname="(\w+)"', sample["labels"]))}
    assert fired == {rule["alert"] for rule in rules()}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_takes_the_rules_their_tests_and_the_example() -> None:
    for command in (
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts_test.yml"],
        ["check", "config", "prometheus.yml"],
    ):
        done = subprocess.run(["promtool", *command], cwd=RULES, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    board = dashboard()
    ids = [panel["id"] for panel in board["panels"]]
    variables = {each["name"]: each for each in board["templating"]["list"]}

    assert len(set(ids)) == len(ids) > 30
    assert (board["uid"], board["schemaVersion"] >= 36) == ("advisorjobs", True)
    assert "id" not in board, "the number that another Grafana gave it"
    assert variables["datasource"]["type"] == "datasource"
    assert variables["queue"]["datasource"]["uid"] == "${datasource}"
    places = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        places.add((place["x"], place["y"]))
        if panel["type"] == "row":
            continue
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["fieldConfig"]["defaults"]["unit"]
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references) >= 1
        assert all(target["expr"] and target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
    assert len(places) == len(ids)


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_the_dashboard_asks_for_what_is_shown(expression: str) -> None:
    assert asked(expression) <= shown()
    assert asked(expression)


def test_what_the_documentation_lists_is_what_is_shown() -> None:
    listed = set(re.findall(r"^\| `(advisorjobs_\w+)", Path(ROOT / "docs" / "monitoring.md").read_text(), re.MULTILINE))
    assert listed == {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown()}
