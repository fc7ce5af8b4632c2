"""The web process: where it listens, and that it is served until somebody stops it."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["HostOption", "PortOption", "check_sign_in", "serve_until_stopped"]

HostOption = Annotated[
    str | None, typer.Option("--host", metavar="ADDRESS", help="Default: ADVISORJOBS_WEB_HOST, else 127.0.0.1.")
]
PortOption = Annotated[
    int | None,
    typer.Option("--port", metavar="PORT", min=1, max=65_535, help="Default: ADVISORJOBS_WEB_PORT, else 8750."),
]


def serve_until_stopped(host: str | None, port: int | None, *, receiver_only: bool) -> None:
    """See web.server.serve. Raises OpenDoor where the dashboard would be open to others than this machine's users."""
    from advisorjobs.application import the_app
    from advisorjobs.cli.ground import opened
    from advisorjobs.cli.logs import log_to_terminal
    from advisorjobs.web.server import listen, serve

    app = the_app()
    log_to_terminal(app.settings)
    chosen = app.settings.webhooks
    with opened(app.settings):
        if not receiver_only:
            check_sign_in(host or chosen.host)
        with listen(host or chosen.host, port or chosen.port) as listening:
            try:
                serve(app, listening, receiver_only=receiver_only)
            except KeyboardInterrupt:
                typer.echo("stopped", err=True)


def check_sign_in(host: str) -> None:
    """Raises OpenDoor where the dashboard must not listen on *host*, as nobody can sign in."""
    from advisorjobs.application import the_app
    from advisorjobs.web.access.accounts import BlockingAccounts
    from advisorjobs.web.access.door import check_door

    app = the_app()
    can_sign_in = app.settings.access.oidc is not None or BlockingAccounts(app).login_exists()
    check_door(host, can_sign_in=can_sign_in, production=app.settings.production, public=app.settings.access.public)
