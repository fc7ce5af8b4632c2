"""When traces are on, and where people find them."""

from __future__ import annotations

import sys

import pytest

from advisorjobs.application import App, enqueuing_tracer
from advisorjobs.engine.telemetry import run_spans
from advisorjobs.environment import Environment
from advisorjobs.errors import MissingExtra, SettingsError
from advisorjobs.losses import Losses
from advisorjobs.settings import Settings
from advisorjobs.telemetry_settings import Telemetry, telemetry

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"}


@pytest.mark.parametrize(
    ("environ", "on", "insisted"),
    [
        ({}, False, False),
        (ENDPOINT, True, False),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://localhost:4318/v1/traces"}, True, False),
        ({"ADVISORJOBS_TRACING": "on"}, True, True),
        ({"ADVISORJOBS_TRACING": "off", **ENDPOINT}, False, True),
        ({"OTEL_SDK_DISABLED": "true", "ADVISORJOBS_TRACING": "on", **ENDPOINT}, False, True),
    ],
)
def test_traces_are_on_where_they_have_somewhere_to_go(environ: dict[str, str], on: bool, insisted: bool) -> None:
    read = telemetry(Environment(environ))

    assert (read.tracing, read.insisted) == (on, insisted)


def test_a_trace_has_a_page() -> None:
    found = telemetry(Environment({"ADVISORJOBS_TRACE_URL": "https://traces.test/{trace_id}?full=1"}))

    assert found.page_of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") == (
        "https://traces.test/0af7651916cd43dd8448eb211c80319c?full=1"
    )
    assert found.page_of(None) is None
    assert Telemetry().page_of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") is None


@pytest.mark.parametrize("url", ["https://traces.test/", "javascript:{trace_id}"])
def test_a_page_that_leads_nowhere_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="ADVISORJOBS_TRACE_URL"):
        telemetry(Environment({"ADVISORJOBS_TRACE_URL": url}))


@pytest.mark.parametrize("insisted", [True, False])
def test_a_missing_extra_is_an_error_only_where_traces_were_asked_for(
    insisted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith(("opentelemetry", "advisorjobs.tracing."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    wanted = Telemetry(tracing=True, insisted=insisted)

    if insisted:
        with pytest.raises(MissingExtra, match=r"advisorjobs\[tracing\]"):
            enqueuing_tracer(wanted)
        with pytest.raises(MissingExtra, match=r"advisorjobs\[tracing\]"), run_spans(wanted, 1.0, Losses()):
            pass
    else:
        assert enqueuing_tracer(wanted) is None
        with run_spans(wanted, 1.0, Losses()) as spans:
            assert spans is None


def test_nothing_is_traced_unless_set(settings: Settings) -> None:
    assert App(settings).tracer is None
    with run_spans(settings.telemetry, 1.0, Losses()) as spans:
        assert spans is None
