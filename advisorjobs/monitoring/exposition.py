"""Metrics as Prometheus reads them: in the text format, or in OpenMetrics' where the reader asks for it."""

from __future__ import annotations

import functools
import hmac
import importlib.metadata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

__all__ = ["exposed", "histogram_buckets", "may_read", "our_version"]

OPENMETRICS = "application/openmetrics-text"


class Collected:
    """What a library of metrics takes for a registry."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def exposed(families: Iterable[Metric], accept: str) -> tuple[bytes, str]:
    """*families* as text and its media type, chosen by what the reader accepts (its Accept header)."""
    from prometheus_client.exposition import choose_encoder

    # in our words: what else a header may say is nobody's concern here
    encoder, media_type = choose_encoder(f"{OPENMETRICS}; version=1.0.0" if OPENMETRICS in accept.lower() else "")
    registry: Any = Collected(families)
    text: bytes = encoder(registry)
    return text, media_type


def histogram_buckets(bounds: Sequence[float], counts: Sequence[int]) -> list[tuple[str, float]]:
    """Classic buckets, each with all that lies below: *counts* has one element more than *bounds*, for what lies above."""
    total, buckets = 0, []
    for bound, count in zip((*bounds, float("inf")), counts, strict=True):
        total += count
        buckets.append((f"{bound:g}" if bound < float("inf") else "+Inf", float(total)))
    return buckets


def may_read(authorization: str | None, token: str | None) -> bool:
    """Whether a request's Authorization header shows *token*; anybody may read where none is set."""
    if token is None:
        return True
    scheme, _, given = (authorization or "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())


@functools.cache
def our_version() -> str:
    """As the package is installed."""
    return importlib.metadata.version("advisorjobs")
