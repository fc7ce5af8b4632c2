"""The first look at a file: what kind it is by its first bytes, and whether it is small enough to open at all."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.reading.limits import DEFAULT_LIMITS, Limits

__all__ = ["FileKind", "damaged", "file_kind", "kind_of_bytes"]

_PDF_HEADER_WITHIN = 1024
"""A PDF's header may come after so many bytes of something else."""


class FileKind(StrEnum):
    """What a document may be."""

    PDF = "PDF"
    JPEG = "JPEG"
    PNG = "PNG"
    TIFF = "TIFF"
    WEBP = "WebP"


def file_kind(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> FileKind:
    """The kind of the file at *path*, whatever its name says.

    JobError `not_found` where no file is; `validation` where it is too large, empty or of another kind.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(_PDF_HEADER_WITHIN)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise JobError(ErrorCode.NOT_FOUND, f"there is no file {path.name}") from error
    limits.check_bytes(size)
    kind = kind_of_bytes(start)
    if kind is None:
        what = "its first bytes are none of these kinds'" if start else "the file is empty"
        raise JobError(ErrorCode.VALIDATION, f"documents are {', '.join(FileKind)}: {what}")
    return kind


def kind_of_bytes(start: bytes) -> FileKind | None:
    """The kind of a file that begins with *start* (1024 bytes are enough)."""
    if start.startswith(b"\xff\xd8\xff"):
        return FileKind.JPEG
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.PNG
    if start.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return FileKind.TIFF
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return FileKind.WEBP
    return FileKind.PDF if b"%PDF-" in start[:_PDF_HEADER_WITHIN] else None


def damaged(kind: FileKind, detail: str) -> JobError:
    """The error for a file that can't be decoded."""
    return JobError(ErrorCode.VALIDATION, f"the {kind} file is damaged ({detail}): send it again or as another kind")
