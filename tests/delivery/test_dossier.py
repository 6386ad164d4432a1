"""A dossier: names that every system takes, hashes that anybody can check, and no file left out unsaid."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.delivery.blobs import BlobDamaged, BlobMissing
from service.delivery.dossier import MANIFEST, SUMS, Item, check, write

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
HEAD = {"case": "示例-0001", "made_at": "2026-11-20T10:00:00+08:00"}


def item(name: str, content: bytes | Callable[[], bytes] = b"x") -> Item:
    return Item("1 表单", name, "表单", "1", AT, content if callable(content) else lambda: content)


def written(*items: Item) -> tuple[io.BytesIO, dict[str, object]]:
    target = io.BytesIO()
    write(target, items, HEAD)
    with zipfile.ZipFile(target) as archive:
        return target, json.loads(archive.read(MANIFEST))


def test_the_manifest_says_path_hash_size_what_version_and_time() -> None:
    target, manifest = written(item("申报书.pdf", b"%PDF"))
    assert manifest["case"] == "示例-0001"
    assert manifest["files"] == [
        {
            "path": "1 表单/申报书.pdf", "what": "表单", "version": "1", "time": "2026-11-20T10:00:00+08:00",
            "sha256": hashlib.sha256(b"%PDF").hexdigest(), "size": 4,
        }
    ]  # fmt: skip
    with zipfile.ZipFile(target) as archive:
        sums = archive.read(SUMS).decode().splitlines()
    assert sums[0] == f"{hashlib.sha256(b'%PDF').hexdigest()}  1 表单/申报书.pdf"
    assert sums[1].endswith(f"  {MANIFEST}")
    assert check(target) == []


def test_what_was_changed_taken_away_or_added_is_found() -> None:
    source, _ = written(item("一.pdf", b"1"), item("二.pdf", b"2"))
    target = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        new.writestr(MANIFEST, old.read(MANIFEST))
        new.writestr("1 表单/一.pdf", b"another")
        new.writestr("1 表单/三.pdf", b"3")
    found = [("1 表单/二.pdf", "missing"), ("1 表单/三.pdf", "added"), ("1 表单/一.pdf", "changed")]
    assert check(target) == found
    assert check(io.BytesIO(b"no archive")) == [(MANIFEST, "unreadable")]


@pytest.mark.parametrize(("error", "said"), [(BlobMissing, "missing"), (BlobDamaged, "damaged")])
def test_a_file_that_cannot_be_had_is_named_as_such(error: type[Exception], said: str) -> None:
    def lost() -> bytes:
        raise error("x")

    target, manifest = written(item("丢了.pdf", lost), item("在.pdf"))
    assert [one.get("problem", "") for one in manifest["files"]] == [said, ""]  # type: ignore[attr-defined]
    assert check(target) == []


@given(st.lists(st.text(max_size=100), max_size=5))
def test_any_names_give_paths_of_their_own_within_their_folder(names: list[str]) -> None:
    _, manifest = written(*(item(name) for name in names))
    paths = [one["path"] for one in manifest["files"]]  # type: ignore[attr-defined]
    assert len({path.lower() for path in paths}) == len(names)
    assert all(path.startswith("1 表单/") and path.count("/") == 1 and path[6:] != ".." for path in paths)
