"""Settings of the mail server, and of who mails are from."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from advisorjobs.environment import Environment
from advisorjobs.errors import SettingsError

__all__ = ["Smtp", "mail_from", "smtp"]


@dataclass(frozen=True, slots=True)
class Smtp:
    """The mail server. Without it: mails become files in a folder.

    security: tls from the first byte, starttls (never without), or none. ca_file: the authorities that are trusted in place of
    the system's.
    """

    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    security: str = "starttls"
    ca_file: Path | None = None

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.host}:{self.port}"


def smtp(env: Environment) -> Smtp | None:
    host, port = env.text("SMTP_HOST"), env.port("SMTP_PORT", 587)
    user, password = env.text("SMTP_USER"), env.secret("SMTP_PASS")
    usual = "tls" if port == 465 else "starttls"
    security = env.choice("ADVISORJOBS_SMTP_SECURITY", ("starttls", "tls", "none"), usual)
    plaintext = env.switch("ADVISORJOBS_SMTP_PLAINTEXT", default=False)
    ca_file = env.path("ADVISORJOBS_SMTP_CA_FILE")
    if host is None:
        for key, value in {"SMTP_USER": user, "SMTP_PASS": password}.items():
            if value is not None:
                raise SettingsError("SMTP_HOST", None, f"must be set, as {key} is")
        return None
    if security == "none" and not (plaintext or is_local(host)):
        rule = f"mails would cross the network readable to {host}: ADVISORJOBS_SMTP_PLAINTEXT=on says that they may"
        raise SettingsError("ADVISORJOBS_SMTP_SECURITY", security, rule)
    if ca_file is not None and not ca_file.is_file():
        raise SettingsError("ADVISORJOBS_SMTP_CA_FILE", str(ca_file), "must be a file of certificates (PEM)")
    return Smtp(host, port, user, password, security, ca_file)


def is_local(host: str) -> bool:
    """Whether what is sent to *host* stays on this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def mail_from(env: Environment) -> str | None:
    address = env.text("ADVISORJOBS_MAIL_FROM")
    if address is None:
        return None
    from advisorjobs.fields import ADDRESS  # brings pydantic

    if "=?" in address or not ADDRESS.fullmatch(address):
        raise SettingsError(
            "ADVISORJOBS_MAIL_FROM", address, "must be one address without a name: the firm's is put to it"
        )
    return address
