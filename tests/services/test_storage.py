"""Keeping files, in a folder and in a real Azurite, each organization's apart."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from azure.core.exceptions import ServiceRequestError

from advisorjobs.errors import ErrorCode, JobError, SettingsError
from advisorjobs.services.storage import Storage, _job_error, azure_container, local_folder, storage
from advisorjobs.settings import AzureStorage, Settings
from tests.fixtures.azurite import Azurite


@pytest.fixture(params=["folder", "azure"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Each kind of storage in turn, empty."""
    if request.param == "folder":
        return local_folder(tmp_path / "documents")
    azurite: Azurite = request.getfixturevalue("azurite")
    name = f"c{abs(hash(request.node.name))}"
    made = azure_container(azurite.settings(name))
    made.filesystem.mkdir(name)
    return made


def test_what_was_put_is_got_again(place: Storage) -> None:
    shelf = place.shelf("org-1")
    key = shelf.key("doc-1", "original")
    shelf.put(key, b"content")

    assert shelf.get(key) == b"content"
    with shelf.copy(key) as path:
        assert path.read_bytes() == b"content"
    assert not path.exists()


def test_putting_again_replaces(place: Storage) -> None:
    shelf = place.shelf("org-1")
    key = shelf.key("doc-1", "original")
    shelf.put(key, b"a longer first content")
    shelf.put(key, b"second")

    assert shelf.get(key) == b"second"


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
def test_an_empty_file_and_a_large_one_are_kept_alike(place: Storage) -> None:
    shelf, large = place.shelf("org-1"), bytes(range(256)) * 40_000
    shelf.put(shelf.key("doc-1", "empty"), b"")
    shelf.put(shelf.key("doc-1", "large"), large)

    assert shelf.get(shelf.key("doc-1", "empty")) == b""
    assert shelf.get(shelf.key("doc-1", "large")) == large


def test_a_file_that_is_gone_is_not_found_and_may_be_removed_again(place: Storage) -> None:
    shelf = place.shelf("org-1")
    key = shelf.key("doc-1", "original")
    shelf.put(key, b"content")
    shelf.remove(key)
    shelf.remove(key)

    with pytest.raises(JobError) as error:
        shelf.get(key)
    assert error.value.code is ErrorCode.NOT_FOUND


def test_a_listing_shows_an_organizations_own_files_only(place: Storage) -> None:
    for organization in ("org-1", "org-10", "org-2"):
        shelf = place.shelf(organization)
        shelf.put(shelf.key("doc", "original"), organization.encode())
    (file,) = place.shelf("org-1").files()

    assert file.key == place.shelf("org-1").key("doc", "original")
    assert file.size == len("org-1")
    assert file.changed_at.tzinfo is not None
    assert list(place.shelf("org-3").files()) == []


ODD = ["../org-2", "..", ".", "a/b", "a\\b", "ÄÖ %2F", "x" * 200, "..%2F", "\0", "a b"]


@pytest.mark.parametrize("organization", ODD)
def test_no_name_of_an_organization_leads_out_of_its_folder(tmp_path: Path, organization: str) -> None:
    place = local_folder(tmp_path / "documents")
    shelf = place.shelf(organization)
    shelf.put(shelf.key(organization, organization), b"content")
    (made,) = [path for path in tmp_path.rglob("*") if path.is_file()]

    assert len(made.relative_to(tmp_path / "documents").parts) == 3
    assert shelf.get(shelf.key(organization, organization)) == b"content"


def test_odd_names_stay_different_names(tmp_path: Path) -> None:
    place = local_folder(tmp_path / "documents")

    assert len({place.shelf(name).prefix for name in ODD}) == len(ODD)


@pytest.mark.parametrize(
    "key",
    ["org-2/doc/original", "org-1/../org-2/doc", "org-1//x", "/etc/passwd", "org-1/a\\..\\b", "org-1", "org-1/\0"],
)
def test_a_key_of_another_organization_is_refused(tmp_path: Path, key: str) -> None:
    shelf = local_folder(tmp_path / "documents").shelf("org-1")

    with pytest.raises(JobError, match="leads out of its organization's folder"):
        shelf.put(key, b"")


def test_the_folder_is_for_nobody_elses_eyes(tmp_path: Path) -> None:
    local_folder(tmp_path / "documents")

    assert stat.S_IMODE((tmp_path / "documents").stat().st_mode) == 0o700


def test_a_folder_that_cant_be_written_is_named_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(SettingsError, match=r"ADVISORJOBS_DATA_DIR=.*can't be written \(not a directory\)"):
        local_folder(tmp_path / "file" / "documents")


def test_the_settings_choose_the_place(tmp_path: Path) -> None:
    azure = Settings(data_dir=tmp_path, storage=AzureStorage("account", base64.b64encode(b"key").decode(), "documents"))

    assert storage(Settings(data_dir=tmp_path)).kind == "folder"
    assert (storage(azure).kind, storage(azure).root) == ("azure", "documents")


def test_a_wrong_key_is_a_clear_error(azurite: Azurite) -> None:
    wrong = base64.b64encode(b"another key altogether").decode()
    shelf = azure_container(azurite.settings("documents", wrong)).shelf("org-1")

    with pytest.raises(JobError, match="AZURE_STORAGE_ACCOUNT_NAME") as error:
        shelf.put(shelf.key("doc", "original"), b"content")
    assert error.value.code is ErrorCode.AUTHENTICATION


def test_a_container_that_isnt_there_is_not_found(azurite: Azurite) -> None:
    shelf = azure_container(azurite.settings("nowhere")).shelf("org-1")

    with pytest.raises(JobError) as error:
        shelf.put(shelf.key("doc", "original"), b"content")
    assert error.value.code is ErrorCode.NOT_FOUND


def test_a_service_that_cant_be_reached_is_a_network_error_without_its_text(tmp_path: Path) -> None:
    azure = Storage(None, "documents", "azure")
    error = _job_error(ServiceRequestError("a text that may quote the request"), azure)

    assert error.code is ErrorCode.NETWORK
    assert "quote" not in str(error)
