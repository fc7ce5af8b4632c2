"""Which engine is chosen, and what importing the package costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from advisorjobs.errors import MissingExtra, SettingsError
from advisorjobs.services.reading.azure import AzureReader
from advisorjobs.services.reading.libraries import needed
from advisorjobs.services.reading.local import LocalReader
from advisorjobs.services.reading.reader import document_reader


def test_without_a_key_documents_are_read_on_the_machine() -> None:
    assert isinstance(document_reader(), LocalReader)
    assert document_reader().extracts == frozenset()


def test_with_endpoint_and_key_azure_reads_them() -> None:
    reader = document_reader("https://somewhere.example", "key")

    assert isinstance(reader, AzureReader)
    assert reader.extracts == {"invoice", "receipt", "tax_form"}


@pytest.mark.parametrize(
    ("endpoint", "key", "missing"),
    [("https://somewhere.example", None, "AZURE_FORM_RECOGNIZER_KEY"), (None, "key", "AZURE_FORM_RECOGNIZER_ENDPOINT")],
)
def test_half_a_configuration_is_refused(endpoint: str | None, key: str | None, missing: str) -> None:
    with pytest.raises(SettingsError, match=f"^{missing}="):
        document_reader(endpoint, key)


def test_a_missing_library_names_the_extra_that_installs_it() -> None:
    with pytest.raises(MissingExtra, match=r"no_such_library is needed .* pip install 'advisorjobs\[documents\]'"):
        needed("no_such_library.part")


def test_importing_the_services_loads_no_library_of_the_extra() -> None:
    code = (
        "import sys, advisorjobs.services.reading.reader, advisorjobs.services.reading.thumbnail,"
        " advisorjobs.services.documents.extraction;"
        "heavy = {'numpy', 'PIL', 'pypdfium2', 'cv2', 'onnxruntime', 'rapidocr', 'azure'};"
        "print(sorted(heavy & set(sys.modules)))"
    )

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "[]"
