"""`advisorjobs webhooks`: receives webhooks until it is told to stop; `webhooks secret`: what they are verified with."""

from __future__ import annotations

import re
import sys
from typing import Annotated

import typer

from advisorjobs.errors import SettingsError

__all__ = ["command"]

command = typer.Typer(rich_markup_mode=None)


ACCOUNTS = {"stripe": r"acct_\w{1,60}", "quickbooks": r"[0-9]{1,30}", "custom": r"[a-z][a-z0-9_-]{0,63}"}


@command.callback(invoke_without_command=True)
def webhooks(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Default: ADVISORJOBS_WEB_HOST, else 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", metavar="PORT", min=1, max=65_535, help="Default: ADVISORJOBS_WEB_PORT, else 8750."),
    ] = None,
) -> None:
    """Receives webhooks until ctrl-c or SIGTERM.

    Those of Stripe, of QuickBooks and your own are checked, stored and queued; workers do the rest. Have your proxy, which
    speaks TLS, pass /webhooks/ on to it.

    \b
    Examples:
      advisorjobs webhooks
      advisorjobs webhooks --host 0.0.0.0 --port 8080
      advisorjobs webhooks secret org-7 custom crm
    """
    if context.invoked_subcommand is None:
        serve_until_stopped(host, port)


def serve_until_stopped(host: str | None, port: int | None) -> None:
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


@command.command(name="secret")
def secret(
    organization: Annotated[str, typer.Argument(metavar="ORGANIZATION", show_default=False)],
    service: Annotated[
        str, typer.Argument(metavar="SERVICE", help="stripe, quickbooks or custom.", show_default=False)
    ],
    account: Annotated[
        str,
        typer.Argument(
            metavar="ACCOUNT", help="acct_…, the company's id, or the name in the address.", show_default=False
        ),
    ],
    client: Annotated[str | None, typer.Option("--client", metavar="ID", help="Whose books it is about.")] = None,
    given: Annotated[
        bool, typer.Option("--stdin", help="Read the service's secret from standard input; else a new one is made.")
    ] = False,
    only: Annotated[bool, typer.Option("--only", help="Those before it no longer hold.")] = False,
) -> None:
    """Connects an account with its own secret, or adds one while it takes over.

    Prints the path that its webhooks are sent to, and a secret that was made: once, as it is kept sealed.

    \b
    Examples:
      advisorjobs webhooks secret org-7 custom crm
      advisorjobs webhooks secret org-7 stripe acct_1A --stdin < secret.txt
      advisorjobs webhooks secret org-7 custom crm --only
    """
    from advisorjobs.cli.ground import opened
    from advisorjobs.services.webhooks.secrets import add_webhook_secret, new_standard_secret
    from advisorjobs.services.webhooks.signatures import standard_key
    from advisorjobs.settings import Settings

    if service not in ACCOUNTS or not re.fullmatch(ACCOUNTS[service], account, re.ASCII) or account in ACCOUNTS:
        raise SettingsError(
            "SERVICE ACCOUNT", f"{service} {account}", "must be like stripe acct_1A, quickbooks 310687, custom crm"
        )
    if service != "custom" and not given:
        raise SettingsError("--stdin", None, f"must be given: {service} has made the secret")
    text = sys.stdin.readline().strip() if given else new_standard_secret()
    try:
        short = len(standard_key(text)) if service == "custom" else len(text)
    except ValueError:
        short = 0
    if short < 16:
        raise SettingsError(
            "standard input", "…", "must be the service's secret, on one line; of custom whsec_ and base64"
        )
    settings = Settings.from_environment()
    with opened(settings) as connection:
        add_webhook_secret(
            connection, organization, service, account, text, client_id=client, only=only, settings=settings
        )
    typer.echo(f"/webhooks/{account if service == 'custom' else f'{service}/{account}'}")
    if not given:
        typer.echo(text)
