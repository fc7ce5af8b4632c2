"""Where files are kept: a local folder or a container of Azure Blob Storage, behind one small interface over fsspec.

A key is `<organization>/<document>/<file>`. An organization's files are reached through its own Shelf only, which makes
the keys itself and refuses any that lead out of the organization's prefix.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from advisorjobs.errors import ErrorCode, JobError, SettingsError
from advisorjobs.services.reading.libraries import needed
from advisorjobs.settings import AzureStorage, Settings

__all__ = ["Shelf", "Storage", "StoredFile", "azure_container", "local_folder", "storage"]

T = TypeVar("T")
_LONGEST_PART = 120
_CONNECT_SECONDS, _SILENT_SECONDS = 10, 60
_REFUSED = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as a listing shows it."""

    key: str
    size: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Storage:
    """A file system and the place in it where our files are. `shelf()` gives access to one organization's."""

    filesystem: Any = field(repr=False)
    root: str
    kind: str

    def shelf(self, organization_id: str) -> Shelf:
        return Shelf(self, f"{_part(organization_id)}/")


@dataclass(frozen=True, slots=True)
class Shelf:
    """One organization's files. Blocking. JobError: `not_found` for a file that is gone, `authentication` for a wrong
    key, `network` or `external_service` for a service that fails, `internal` for a folder that can't be written."""

    storage: Storage
    prefix: str

    def key(self, document_id: str, name: str) -> str:
        """The key of the file *name* of a document, whatever characters its id has."""
        return f"{self.prefix}{_part(document_id)}/{_part(name)}"

    def put(self, key: str, data: bytes) -> None:
        """Writes, or overwrites, a file."""
        self._call(key, lambda path: self.storage.filesystem.pipe_file(path, data))

    def get(self, key: str) -> bytes:
        content: bytes = self._call(key, self.storage.filesystem.cat_file)
        return content

    def remove(self, key: str) -> None:
        """Removes a file; one that is gone already is no error."""
        try:
            self._call(key, self.storage.filesystem.rm_file)
        except JobError as error:
            if error.code is not ErrorCode.NOT_FOUND:
                raise

    def files(self) -> Iterator[StoredFile]:
        """All files of the organization."""
        root = self.storage.root
        for path, entry in self._call(self.prefix, self._find).items():
            changed = entry.get("last_modified") or datetime.fromtimestamp(entry["mtime"], UTC)
            yield StoredFile(path.removeprefix(f"{root}/"), int(entry["size"]), changed)

    @contextmanager
    def copy(self, key: str) -> Iterator[Path]:
        """A copy of a file on the local disk, for as long as the block lasts."""
        with tempfile.TemporaryDirectory(prefix="advisorjobs-") as folder:
            path = Path(folder) / "file"
            self._call(key, lambda remote: self.storage.filesystem.get_file(remote, str(path)))
            yield path

    def place(self, key: str) -> str:
        """Where a person finds the file: a path, or the address of a blob."""
        path = self._path(key)
        return path if self.storage.kind == "folder" else f"az://{path}"

    def _find(self, path: str) -> dict[str, dict[str, Any]]:
        try:
            found: dict[str, dict[str, Any]] = self.storage.filesystem.find(path, detail=True)
        except FileNotFoundError:
            return {}
        return found

    def _path(self, key: str) -> str:
        parts = key.removesuffix("/").split("/")
        if not key.startswith(self.prefix) or not all(parts) or {".", ".."} & set(parts) or "\\" in key or "\0" in key:
            raise JobError(ErrorCode.INTERNAL, "the key of a stored file leads out of its organization's folder")
        return f"{self.storage.root}/{key}"

    def _call(self, key: str, action: Callable[[str], T]) -> T:
        path = self._path(key)
        try:
            return action(path)
        except JobError:
            raise
        except FileNotFoundError as error:
            raise JobError(ErrorCode.NOT_FOUND, "the stored file is gone") from error
        except Exception as error:  # each file system raises errors of its own library
            raise _job_error(error, self.storage) from error


def storage(settings: Settings) -> Storage:
    """The place that *settings* name: an Azure container where AZURE_STORAGE_* are set, else a folder of data_dir."""
    if settings.storage is not None:
        return azure_container(settings.storage)
    return local_folder(settings.data_dir / "documents")


def local_folder(folder: Path) -> Storage:
    """A folder of the local disk, made where it is missing. Raises SettingsError where it can't be written."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise SettingsError(
            "ADVISORJOBS_DATA_DIR", str(folder.parent), f"the folder can't be written ({reason}): name another"
        ) from error
    local = needed("fsspec").filesystem("file", auto_mkdir=True, skip_instance_cache=True)
    return Storage(local, str(folder), "folder")


def azure_container(account: AzureStorage) -> Storage:
    """A container of Azure Blob Storage, at Azure's own address or the one that the settings name."""
    options: dict[str, Any] = {"account_name": account.account_name, "account_key": account.account_key}
    if account.endpoint is not None:
        parts = {
            "AccountName": account.account_name,
            "AccountKey": account.account_key,
            "BlobEndpoint": account.endpoint,
        }
        options = {"connection_string": ";".join(f"{name}={value}" for name, value in parts.items())}
    options |= {"connection_timeout": _CONNECT_SECONDS, "read_timeout": _SILENT_SECONDS}
    filesystem = needed("adlfs").AzureBlobFileSystem(**options, use_listings_cache=False, skip_instance_cache=True)
    # The library would try for a minute and a half, and adlfs hands no other policy through: retries are the queue's.
    policy = filesystem.service_client._config.retry_policy  # noqa: SLF001
    policy.total_retries, policy.initial_backoff, policy.increment_base = 1, 1, 1
    return Storage(filesystem, account.container_name, "azure")


def _part(text: str) -> str:
    """*text* as one part of a key: without separators, never `.` or `..`, and not too long for a file's name."""
    quoted = quote(text, safe="").replace(".", "%2E") if text.strip(".") != text else quote(text, safe="")
    if not quoted:
        raise ValueError("a part of a storage key is empty")
    if len(quoted) > _LONGEST_PART:
        return f"%h{hashlib.sha256(text.encode()).hexdigest()}"  # quote() makes no such sequence
    return quoted


def _job_error(error: Exception, storage: Storage) -> JobError:
    """What a file system raised, by our codes; a library's text isn't passed on, it may quote the request."""
    if storage.kind == "folder":
        reason = getattr(error, "strerror", None) or type(error).__name__
        return JobError(ErrorCode.INTERNAL, f"a file below {storage.root} can't be read or written: {reason}")
    status = next((code for code in map(_status, _causes(error)) if code), None)
    if status in _REFUSED or any(type(cause).__name__ == "ClientAuthenticationError" for cause in _causes(error)):
        return JobError(
            ErrorCode.AUTHENTICATION, "Azure Storage refuses the key: check AZURE_STORAGE_ACCOUNT_NAME and _KEY"
        )
    if status == 404:
        return JobError(ErrorCode.NOT_FOUND, f"Azure Storage has no such file or container ({storage.root})")
    if status == 429:
        return JobError(ErrorCode.RATE_LIMITED, "Azure Storage asks for fewer requests")
    if status is None:
        return JobError(ErrorCode.NETWORK, f"Azure Storage can't be reached ({type(error).__name__})")
    return JobError(ErrorCode.EXTERNAL_SERVICE, f"Azure Storage answered {status}")


def _status(error: BaseException) -> int | None:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """*error* and what it came from."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__
