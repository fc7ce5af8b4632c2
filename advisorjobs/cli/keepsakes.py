"""What the demo leaves to open: a folder with the documents, their pictures, the reports and the mails."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from advisorjobs.errors import PayloadError
from advisorjobs.services.storage import Shelf

__all__ = ["Keepsakes", "keepsakes", "own_folder"]

MARK = "made-by-advisorjobs-demo"
FOLDERS = ("documents", "thumbnails", "reports", "mails")


@dataclass(frozen=True, slots=True)
class Keepsakes:
    """The files of each kind, in the order in which they were made."""

    folder: Path
    documents: Sequence[Path]
    thumbnails: Sequence[Path]
    reports: Sequence[Path]
    mails: Sequence[Path]


def own_folder(folder: Path) -> None:
    """Makes *folder*, and clears what an earlier demo has left there. Raises PayloadError for one that holds anything else."""
    if folder.exists() and not folder.is_dir():
        raise PayloadError("demo", {"output": f"{folder} is a file: name a folder"})
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise PayloadError("demo", {"output": f"{folder} holds files of others: name a new folder"})
    for name in FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
    (folder / MARK).touch()


def keepsakes(
    folder: Path,
    shelf: Shelf,
    documents: Sequence[Mapping[str, Any]],
    reports: Sequence[Mapping[str, Any]],
    mails: Sequence[Mapping[str, Any]],
) -> Keepsakes:
    """Copies what the rows of these documents, reports and mails name into *folder*."""
    originals = [kept(folder / "documents", row["file_name"], shelf.get(row["storage_key"])) for row in documents]
    pictures = [
        kept(folder / "thumbnails", f"{row['file_name']}.png", shelf.get(row["thumbnail_key"]))
        for row in documents
        if row["thumbnail_key"]
    ]
    files = [kept(folder / "reports", row["file_name"], shelf.get(row["storage_key"])) for row in reports]
    sources = [Path(row["answer"]) for row in mails if row["engine"] == "folder"]
    letters = [letter(folder / "mails", source, number) for number, source in enumerate(sources, 1) if source.exists()]
    return Keepsakes(folder, originals, pictures, files, letters)


def letter(folder: Path, source: Path, number: int) -> Path:
    """The mail as it is, and beside it its HTML as a page for the browser."""
    data = source.read_bytes()
    message = BytesParser(policy=policy.default).parsebytes(data)
    name = f"{number:02}-{plain_name(str(message['subject'] or 'mail'))}"
    place = kept(folder, f"{name}.eml", data)
    page = message.get_body(("html",)) if isinstance(message, EmailMessage) else None
    if page is not None:
        kept(folder, f"{name}.html", str(page.get_content()).encode())
    return place


def kept(folder: Path, name: str, data: bytes) -> Path:
    """Writes a file under a *name* that isn't taken yet."""
    wanted = Path(name).name
    place, number = folder / wanted, 2
    while place.exists():
        place, number = folder / f"{Path(wanted).stem} ({number}){Path(wanted).suffix}", number + 1
    place.write_bytes(data)
    return place


def plain_name(text: str) -> str:
    """*text* as a part of a file's name."""
    return "-".join("".join(each if each.isalnum() else " " for each in text.lower()).split())[:60]
