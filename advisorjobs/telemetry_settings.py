"""Settings of traces."""

from __future__ import annotations

from dataclasses import dataclass

from advisorjobs.environment import Environment
from advisorjobs.errors import SettingsError

__all__ = ["Telemetry", "telemetry"]

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """What is traced, and where people find it.

    tracing: ADVISORJOBS_TRACING=on or off; unset: on where an OTEL_EXPORTER_OTLP_ENDPOINT is given. Where spans go, and which
        of them, is said by OpenTelemetry's own variables.
    insisted: whether it was said in so many words: then a missing extra is an error.
    trace_url: the page of a trace, with {trace_id} in it (ADVISORJOBS_TRACE_URL).
    """

    tracing: bool = False
    insisted: bool = False
    trace_url: str | None = None

    def page_of(self, traceparent: str | None) -> str | None:
        """The address of the trace that *traceparent* belongs to; None where there is none, or no such page."""
        if self.trace_url is None or traceparent is None:
            return None
        return self.trace_url.replace("{trace_id}", traceparent.split("-")[1])


def telemetry(env: Environment) -> Telemetry:
    disabled = (env.text("OTEL_SDK_DISABLED") or "").lower() == "true"
    given = any(env.text(key) is not None for key in ENDPOINTS)
    insisted = env.text("ADVISORJOBS_TRACING") is not None
    url = env.text("ADVISORJOBS_TRACE_URL")
    if url is not None and ("{trace_id}" not in url or not url.startswith(("https://", "http://"))):
        raise SettingsError(
            "ADVISORJOBS_TRACE_URL",
            url,
            "must be an address with {trace_id} in it, such as https://host/trace/{trace_id}",
        )
    return Telemetry(
        tracing=env.switch("ADVISORJOBS_TRACING", default=given) and not disabled, insisted=insisted, trace_url=url
    )
