"""The example for Kubernetes: its probes ask what is answered, its settings are ours, its stop is long enough."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from advisorjobs.engine.supervisor import OVERDUE
from advisorjobs.proxy_settings import THIS_MACHINE
from advisorjobs.settings import Settings
from advisorjobs.web.server import GRACE
from tests.fixtures.apps import ROOT

PROBES = {"startupProbe": "/startupz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}


def manifests() -> dict[tuple[str, str], dict[str, Any]]:
    documents = yaml.safe_load_all((ROOT / "ops" / "kubernetes" / "advisorjobs.yaml").read_text())
    return {(each["kind"], each["metadata"]["name"]): each for each in documents}


def pod(name: str) -> tuple[dict[str, Any], dict[str, Any], Settings]:
    """Pod, container, and what its environment means to us."""
    spec = manifests()["Deployment", name]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    environment = {each["name"]: each["value"] for each in container["env"] if "value" in each}
    return spec, container, Settings.from_environment({**environment, "HOME": "/nonexistent"})


@pytest.mark.parametrize("name", ["advisorjobs-worker", "advisorjobs-web"])
def test_each_probe_asks_what_it_means_at_the_port_that_is_served(name: str) -> None:
    _, container, settings = pod(name)
    (port,) = container["ports"]

    assert {kind: container[kind]["httpGet"]["path"] for kind in PROBES} == PROBES
    assert {container[kind]["httpGet"]["port"] for kind in PROBES} == {port["name"]}
    served = settings.health.port if name == "advisorjobs-worker" else settings.webhooks.port
    assert port["containerPort"] == served
    assert "0.0.0.0" in (settings.health.host, settings.webhooks.host)


def test_pods_get_the_time_that_their_stop_takes() -> None:
    worker, _, settings = pod("advisorjobs-worker")
    web, _, _ = pod("advisorjobs-web")
    assert worker["terminationGracePeriodSeconds"] > settings.grace.total_seconds() + OVERDUE
    assert web["terminationGracePeriodSeconds"] > GRACE


def test_what_the_ingress_serves_is_the_public_url_and_its_pods_alone_are_trusted() -> None:
    _, _, settings = pod("advisorjobs-web")
    ingress = manifests()["Ingress", "advisorjobs"]["spec"]
    (rule,), (tls,) = ingress["rules"], ingress["tls"]
    public = settings.access.public
    assert public is not None
    assert public.origin == f"https://{rule['host']}"
    assert tls["hosts"] == [rule["host"]]
    (path,) = rule["http"]["paths"]
    assert path["path"] == (public.prefix or "/")
    service = manifests()["Service", path["backend"]["service"]["name"]]["spec"]
    assert path["backend"]["service"]["port"]["name"] in [port["name"] for port in service["ports"]]
    assert settings.access.proxies != THIS_MACHINE


def test_selectors_find_their_pods() -> None:
    found = manifests()
    web = found["Deployment", "advisorjobs-web"]["spec"]
    for (kind, _), manifest in found.items():
        if kind == "Deployment":
            labels = manifest["spec"]["template"]["metadata"]["labels"]
            assert manifest["spec"]["selector"]["matchLabels"] == labels
    assert found["Service", "advisorjobs"]["spec"]["selector"] == web["template"]["metadata"]["labels"]
