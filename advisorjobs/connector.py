"""procrastinate's connector, that finds its database at first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from procrastinate import PsycopgConnector


__all__ = ["Connector"]


class Connector(PsycopgConnector):
    """Opens its pool on the database that *dsn* names when it is first asked."""

    def __init__(self, dsn: Callable[[], str]) -> None:
        self.dsn = dsn
        super().__init__()

    @property
    def _pool_args(self) -> dict[str, Any]:  # type: ignore[override]
        return {"conninfo": self.dsn(), "min_size": 1, "max_size": 4}

    @_pool_args.setter
    def _pool_args(self, value: dict[str, Any]) -> None:
        """procrastinate's constructor sets them; ours are worked out when the pool opens."""
