"""`advisorjobs webhooks`: receives webhooks until it is told to stop; `webhooks secret`: what they are verified with."""

from __future__ import annotations

import re
import sys
from typing import Annotated

import typer

from advisorjobs.cli.web import HostOption, PortOption, serve_until_stopped
from advisorjobs.errors import SettingsError

__all__ = ["command"]

command = typer.Typer(rich_markup_mode=None)


ACCOUNTS = {"stripe": r"acct_\w{1,60}", "quickbooks": r"[0-9]{1,30}", "custom": r"[a-z][a-z0-9_-]{0,63}"}


@command.callback(invoke_without_command=True)
def webhooks(
    context: typer.Context,
    host: HostOption = None,
    port: PortOption = None,
) -> None:
    """Receives webhooks until ctrl-c or SIGTERM.

    Nothing else is served, so that it may listen to the world; `advisorjobs dashboard` receives them too.

    Those of Stripe, of QuickBooks and your own are checked, stored and queued; workers do the rest. Have your proxy, which
    speaks TLS, pass /webhooks/ on to it.

    \b
    Examples:
      advisorjobs webhooks
      advisorjobs webhooks --host 0.0.0.0 --port 8080
      advisorjobs webhooks secret org-7 custom crm
    """
    if context.invoked_subcommand is None:
        serve_until_stopped(host, port, receiver_only=True)


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
    from advisorjobs.settings import Settings

    check_account(service, account)
    if service != "custom" and not given:
        raise SettingsError("--stdin", None, f"must be given: {service} has made the secret")
    text = read_secret(service) if given else new_standard_secret()
    settings = Settings.from_environment()
    with opened(settings) as connection:
        add_webhook_secret(
            connection, organization, service, account, text, client_id=client, only=only, settings=settings
        )
    typer.echo(f"/webhooks/{account if service == 'custom' else f'{service}/{account}'}")
    if not given:
        typer.echo(text)


def check_account(service: str, account: str) -> None:
    """Raises SettingsError for an account that the service can't have, or a webhook of one's own called as a service."""
    if service not in ACCOUNTS or not re.fullmatch(ACCOUNTS[service], account, re.ASCII) or account in ACCOUNTS:
        given = f"{service} {account}"
        raise SettingsError("SERVICE ACCOUNT", given, "must be like stripe acct_1A, quickbooks 310687, custom crm")


def read_secret(service: str) -> str:
    """The first line of standard input. Raises SettingsError for what can't be a secret of *service*."""
    from advisorjobs.services.webhooks.signatures import standard_key

    text = sys.stdin.readline().strip()
    try:
        length = len(standard_key(text)) if service == "custom" else len(text)
    except ValueError:
        length = 0
    if length < 16:
        raise SettingsError(
            "standard input", "…", "must be the service's secret, on one line; of custom whsec_ and base64"
        )
    return text
