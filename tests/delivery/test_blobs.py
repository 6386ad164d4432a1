"""Blobs: kept once, whole or not at all, and never handed out damaged."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from service.delivery.blobs import BlobDamaged, BlobFolder, BlobMissing


def test_content_comes_back_by_its_hash(tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path)
    digest = blobs.put("申报书".encode())
    assert digest == hashlib.sha256("申报书".encode()).hexdigest()
    assert blobs.read(digest) == "申报书".encode()
    assert blobs.put("申报书".encode()) == digest
    assert list(blobs.hashes()) == [digest]


def test_a_flipped_bit_is_never_handed_out_and_is_mended_by_the_next_upload(tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path)
    digest = blobs.put(b"four")
    (tmp_path / digest[:2] / digest).write_bytes(b"fovr")
    with pytest.raises(BlobDamaged):
        blobs.read(digest)
    blobs.put(b"four")
    assert blobs.read(digest) == b"four"


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_what_is_no_kept_hash_is_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(BlobMissing):
        BlobFolder(tmp_path).read(name)


def test_removing_twice_is_harmless(tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path)
    digest = blobs.put(b"x")
    blobs.remove(digest)
    blobs.remove(digest)
    assert list(blobs.hashes()) == []


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        BlobFolder(tmp_path).put(b"x")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_half_written_files_are_no_blobs(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / ".new-xyz").write_bytes(b"half")
    assert list(BlobFolder(tmp_path).hashes()) == []
