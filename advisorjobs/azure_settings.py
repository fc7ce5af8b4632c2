"""Settings of Azure's services that keep and read documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from advisorjobs.environment import Environment
from advisorjobs.errors import SettingsError

__all__ = ["AzureStorage", "FormRecognizer", "azure_storage", "form_recognizer"]

_BLOB_ENDPOINT = "ADVISORJOBS_BLOB_ENDPOINT"


@dataclass(frozen=True, slots=True)
class AzureStorage:
    """The Blob container that documents and reports are kept in. Without it: a folder on the local disk.

    `endpoint`: another than Azure's own for the account (ADVISORJOBS_BLOB_ENDPOINT): a private one, a sovereign cloud's,
    an emulator's.
    """

    account_name: str
    account_key: str = field(repr=False)
    container_name: str
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class FormRecognizer:
    """The service that reads documents. Without it: text layer and OCR on this machine."""

    endpoint: str
    key: str = field(repr=False)


def azure_storage(env: Environment) -> AzureStorage | None:
    keys = ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_CONTAINER_NAME")
    given, endpoint = env.together(*keys), blob_endpoint(env)
    if endpoint and not given:
        raise SettingsError(keys[0], None, f"must be set, as {_BLOB_ENDPOINT} is")
    if not given:
        return None
    name, key, container = given
    return AzureStorage(name, key, container, endpoint)


def blob_endpoint(env: Environment) -> str | None:
    """The account's address; without TLS only on this machine, where emulators are."""
    address = env.text(_BLOB_ENDPOINT)
    if address is None:
        return None
    parts = urlsplit(address)
    local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not (parts.hostname and (parts.scheme == "https" or local)) or set(address) & set("; ?#@"):
        raise SettingsError(_BLOB_ENDPOINT, address, "must be https://host[/account] (http:// on this machine only)")
    return address.rstrip("/")


def form_recognizer(env: Environment) -> FormRecognizer | None:
    given = env.service("AZURE_FORM_RECOGNIZER_ENDPOINT", "AZURE_FORM_RECOGNIZER_KEY")
    return FormRecognizer(*given) if given else None
