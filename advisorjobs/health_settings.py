"""Settings of the probes and metrics."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from advisorjobs.environment import Environment
from advisorjobs.errors import SettingsError

__all__ = ["Health", "health"]


@dataclass(frozen=True, slots=True)
class Health:
    """Where a worker answers probes and shows its metrics, and who may read metrics.

    host, port: ADVISORJOBS_HEALTH_HOST (this machine only), ADVISORJOBS_HEALTH_PORT (None: a worker answers nobody).
    patience: how long an event loop may stand still before a restart is asked for (ADVISORJOBS_HEALTH_PATIENCE, seconds).
    metrics_token: what a reader of /metrics has to show, here and at the web process (ADVISORJOBS_METRICS_TOKEN).
    """

    host: str = "127.0.0.1"
    port: int | None = None
    patience: timedelta = timedelta(seconds=30)
    metrics_token: str | None = field(default=None, repr=False)


def health(env: Environment) -> Health:
    port = env.optional_count("ADVISORJOBS_HEALTH_PORT")
    if port is not None and port > 65_535:
        raise SettingsError("ADVISORJOBS_HEALTH_PORT", port, "must be a port, 1 to 65535")
    token = env.secret("ADVISORJOBS_METRICS_TOKEN")
    if token is not None and not (len(token) >= 16 and token.isascii() and token.isprintable() and " " not in token):
        raise SettingsError("ADVISORJOBS_METRICS_TOKEN", "…", "must be 16 characters or more, without blanks")
    return Health(
        host=env.text("ADVISORJOBS_HEALTH_HOST") or "127.0.0.1",
        port=port,
        patience=env.duration("ADVISORJOBS_HEALTH_PATIENCE", 30, least=1),
        metrics_token=token,
    )
