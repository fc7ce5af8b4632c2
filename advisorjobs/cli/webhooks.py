"""`advisorjobs webhooks`: receives webhooks until it is told to stop."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["command"]

command = typer.Typer(rich_markup_mode=None)


@command.command(name="webhooks")
def webhooks(
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Default: ADVISORJOBS_WEB_HOST, else 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", metavar="PORT", min=1, max=65_535, help="Default: ADVISORJOBS_WEB_PORT, else 8750."),
    ] = None,
) -> None:
    """Receives webhooks of Stripe, QuickBooks and your own until ctrl-c or SIGTERM.

    They are checked, stored and queued; workers do the rest. Have your proxy, which speaks TLS, pass /webhooks/ on to it.

    \b
    Examples:
      advisorjobs webhooks
      advisorjobs webhooks --host 0.0.0.0 --port 8080
    """
    from advisorjobs.application import the_app
    from advisorjobs.cli.ground import opened
    from advisorjobs.cli.logs import log_to_terminal
    from advisorjobs.web.server import listen, serve

    app = the_app()
    log_to_terminal(app.settings)
    chosen = app.settings.webhooks
    with opened(app.settings), listen(host or chosen.host, port or chosen.port) as listening:
        try:
            serve(app, listening)
        except KeyboardInterrupt:
            typer.echo("stopped", err=True)
