"""Keeps uploaded and issued files by the hash of their content, and never hands out bytes that have changed.

A file is written aside, flushed to the disk, then renamed: a reader sees all of it or nothing, also after a crash.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

_SHA256 = re.compile(r"[0-9a-f]{64}")


class BlobMissing(LookupError):  # noqa: N818 - read at the call site: "except BlobMissing"
    """No content of this hash is kept."""


class BlobDamaged(ValueError):  # noqa: N818 - read at the call site: "except BlobDamaged"
    """The content on the disk is no longer what was put there."""


class Blobs(Protocol):
    """A place for bytes, named by their SHA-256 in hexadecimal."""

    def put(self, content: bytes) -> str:
        """Keeps the content and answers its hash; the same content twice is kept once."""

    def read(self, sha256: str) -> bytes:
        """The content. Raises BlobMissing, or BlobDamaged where it no longer has this hash."""

    def remove(self, sha256: str) -> None:
        """Forgets the content; nothing happens where there is none."""

    def hashes(self) -> Iterator[str]:
        """Every hash kept, in no order."""


class BlobFolder:
    """Blobs as files of one folder, spread over 256 sub-folders."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Keeps the content durably: when this returns, a power cut does not lose it."""
        digest = hashlib.sha256(content).hexdigest()
        target = self._path(digest)
        if target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() == digest:
            return digest
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _flush_folder(target.parent)
        return digest

    def read(self, sha256: str) -> bytes:
        """The content, after checking that it still has this hash."""
        try:
            content = self._path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise BlobMissing(sha256) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BlobDamaged(sha256)
        return content

    def remove(self, sha256: str) -> None:
        """Forgets the content."""
        self._path(sha256).unlink(missing_ok=True)

    def hashes(self) -> Iterator[str]:
        """Every hash kept; half-written files are passed over."""
        for path in self._folder.glob("??/*"):
            if _SHA256.fullmatch(path.name):
                yield path.name

    def _path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise BlobMissing(sha256)
        return self._folder / sha256[:2] / sha256


def _flush_folder(folder: Path) -> None:
    """Makes the new name itself durable, where the system can flush a folder (Windows cannot)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
