"""`advisorjobs dashboard`: the pages, the JSON API and the receiver of webhooks, until it is told to stop."""

from __future__ import annotations

import typer

from advisorjobs.cli.web import HostOption, PortOption, serve_until_stopped

__all__ = ["command"]

command = typer.Typer(rich_markup_mode=None)


@command.command(name="dashboard")
def dashboard(host: HostOption = None, port: PortOption = None) -> None:
    """Serves the dashboard and its JSON API until ctrl-c or SIGTERM.

    Webhooks are received too. Any number of these processes may serve one database.

    Until there is a sign-in (`advisorjobs people add`, or an identity provider) it is open to this machine alone, and
    refuses to listen elsewhere. Let others reach it through a proxy that speaks TLS.

    \b
    Examples:
      advisorjobs dashboard
      advisorjobs people add ada --role admin
      advisorjobs dashboard --host 0.0.0.0 --port 8080
    """
    serve_until_stopped(host, port, receiver_only=False)
