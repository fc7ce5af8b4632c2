"""The web process: where it listens, and that it is served until somebody stops it."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["HostOption", "PortOption", "serve_until_stopped"]

HostOption = Annotated[
    str | None, typer.Option("--host", metavar="ADDRESS", help="Default: ADVISORJOBS_WEB_HOST, else 127.0.0.1.")
]
PortOption = Annotated[
    int | None,
    typer.Option("--port", metavar="PORT", min=1, max=65_535, help="Default: ADVISORJOBS_WEB_PORT, else 8750."),
]


def serve_until_stopped(host: str | None, port: int | None, *, receiver_only: bool) -> None:
    """See web.server.serve."""
    from advisorjobs.application import the_app
    from advisorjobs.cli.ground import opened
    from advisorjobs.cli.logs import log_to_terminal
    from advisorjobs.web.server import listen, serve

    app = the_app()
    log_to_terminal(app.settings)
    chosen = app.settings.webhooks
    with opened(app.settings), listen(host or chosen.host, port or chosen.port) as listening:
        try:
            serve(app, listening, receiver_only=receiver_only)
        except KeyboardInterrupt:
            typer.echo("stopped", err=True)
