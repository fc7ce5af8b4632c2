"""What reads documents: one protocol, and the choice between the local engine and Azure's service."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from advisorjobs.errors import SettingsError
from advisorjobs.services.reading.azure import AzureReader
from advisorjobs.services.reading.limits import DEFAULT_LIMITS, Limits
from advisorjobs.services.reading.local import LocalReader
from advisorjobs.services.reading.page import Reading

__all__ = ["DocumentReader", "document_reader"]


class DocumentReader(Protocol):
    """Reads a file of any kind that `intake` knows. Blocking; JobError where the file or the service is at fault."""

    @property
    def extracts(self) -> frozenset[str]:
        """The document types whose fields the engine itself draws out when `read` is told the type."""
        ...

    def read(self, path: Path, *, language: str = "en", tables: bool = False, kind: str | None = None) -> Reading:
        """The whole document. *language* (ISO 639-1) is a hint; *tables* asks for tables too; *kind* is the document's
        type where it is known already, for engines that extract fields of that type."""
        ...

    def read_picture(self, path: Path, *, language: str = "en", pages: int = 2) -> Reading:
        """The first *pages* pages as they look, whatever their text layer says: logos, letterheads, stamps."""
        ...


def document_reader(
    azure_endpoint: str | None = None, azure_key: str | None = None, *, limits: Limits = DEFAULT_LIMITS
) -> DocumentReader:
    """Azure Form Recognizer where endpoint and key are given, the local engine where neither is."""
    if bool(azure_endpoint) != bool(azure_key):
        missing, given = ("ENDPOINT", "KEY") if azure_key else ("KEY", "ENDPOINT")
        raise SettingsError(
            f"AZURE_FORM_RECOGNIZER_{missing}",
            None,
            f"AZURE_FORM_RECOGNIZER_{given} is set, so this must be too; unset both to read documents locally",
        )
    if azure_endpoint and azure_key:
        return AzureReader(azure_endpoint, azure_key, limits=limits)
    return LocalReader(limits=limits)
