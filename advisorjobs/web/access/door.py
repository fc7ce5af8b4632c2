"""Whether the web process may listen: beyond this machine only where people must sign in. No I/O."""

from __future__ import annotations

from advisorjobs.errors import AdvisorJobsError
from advisorjobs.proxy_settings import PublicUrl
from advisorjobs.web.access.hosts import is_for_others, is_loopback

__all__ = ["OpenDoor", "check_door"]


class OpenDoor(AdvisorJobsError):
    """The dashboard would be open to whoever reaches it."""


def check_door(host: str, *, can_sign_in: bool, production: bool, public: PublicUrl | None = None) -> None:
    """Raises OpenDoor, with the cure, where *host* or *public* leads here from elsewhere and nobody would have to sign in."""
    if can_sign_in:
        return
    cure = "add a person first (advisorjobs people add NAME --role admin), or set ADVISORJOBS_OIDC_ISSUER and its like"
    if production:
        raise OpenDoor(
            f"nobody can sign in at the dashboard, and ADVISORJOBS_ENV=production forbids it without: {cure}"
        )
    if is_for_others(public):
        raise OpenDoor(
            f"{public} is for others than the users of this machine, and nobody can sign in there yet: {cure}"
        )
    if not is_loopback(host):
        raise OpenDoor(
            f"on {host} everybody who reaches this machine would be admin, as nobody can sign in yet: {cure}; "
            f"`advisorjobs webhooks` may listen there without"
        )
