"""Why a peer has no figures."""

from __future__ import annotations

__all__ = ["PeerFailed"]


class PeerFailed(Exception):
    """The peer can't be installed, started or measured here; its text says why in one line."""
