"""A dossier as one zip: every paper under a name of its own, with a manifest of hashes that anybody can check."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Final
from zoneinfo import ZoneInfo

from service.delivery.blobs import BlobDamaged, BlobMissing

MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"  # the same hashes as `sha256sum --check` reads them
MOST_FILES: Final = 2_000
MOST_BYTES: Final = 1024**3
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_NOT_IN_NAMES: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]')
_LONGEST: Final = 80
_HOW: Final = {
    "zh": f"核对方法：解压后在此文件夹运行 sha256sum --check {SUMS}，或运行 shenbao check-dossier <压缩包>。",
    "en": f"To check: unpack and run sha256sum --check {SUMS} here, or run shenbao check-dossier <archive>.",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a dossier: its folder and name, what it is, its version, and how its bytes are had when needed."""

    folder: str
    name: str
    what: str
    version: str
    at: datetime
    content: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: files (without the manifest), bytes, the hash of the manifest, and what could not be had."""

    files: int
    size: int
    sha256: str
    missing: tuple[str, ...]


def write(target: IO[bytes], items: Iterable[Item], head: Mapping[str, Any]) -> Written:
    """Write the archive, one file at a time in memory; `head` opens the manifest.

    A kept file that is lost or damaged is named in the manifest as such, never left out unsaid.
    """
    entries: list[dict[str, Any]] = []
    taken: set[str] = set()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in items:
            path = _path(item, taken)
            entry: dict[str, Any] = {"path": path, "what": item.what, "version": item.version}
            entry["time"] = item.at.astimezone(_ZONE).isoformat(timespec="seconds")
            try:
                content = item.content()
            except (BlobMissing, BlobDamaged) as error:
                entry["problem"] = "missing" if isinstance(error, BlobMissing) else "damaged"
            else:
                entry |= {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
                archive.writestr(_entry(path, item.at), content)
            entries.append(entry)
        made = json.dumps({**head, "how": _HOW, "files": entries}, ensure_ascii=False, indent=1).encode()
        kept = [entry for entry in entries if "sha256" in entry]
        sums = "".join(f"{entry['sha256']}  {entry['path']}\n" for entry in kept)
        at = datetime.fromisoformat(head["made_at"])
        archive.writestr(_entry(MANIFEST, at), made)
        archive.writestr(_entry(SUMS, at), sums + f"{hashlib.sha256(made).hexdigest()}  {MANIFEST}\n")
    missing = tuple(entry["path"] for entry in entries if "problem" in entry)
    return Written(len(kept), sum(entry["size"] for entry in kept), hashlib.sha256(made).hexdigest(), missing)


def check(source: IO[bytes]) -> list[tuple[str, str]]:
    """What is wrong in an archive, as (path, `changed`, `missing`, `added` or `unreadable`); nothing where it holds."""
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = json.loads(archive.read(MANIFEST))
            expected = {entry["path"]: entry["sha256"] for entry in manifest["files"] if "sha256" in entry}
            there = set(archive.namelist()) - {MANIFEST, SUMS}
            found = [(path, "missing") for path in sorted(expected.keys() - there)]
            found += [(path, "added") for path in sorted(there - expected.keys())]
            found += [
                (path, "changed")
                for path in sorted(expected.keys() & there)
                if _hash_of(archive, path) != expected[path]
            ]
            return found
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, NotImplementedError):
        return [(MANIFEST, "unreadable")]


def _hash_of(archive: zipfile.ZipFile, path: str) -> str:
    """The hash of a member, a piece at a time; empty where its bytes cannot be read."""
    digest = hashlib.sha256()
    try:
        with archive.open(path) as member:
            while piece := member.read(1024 * 1024):
                digest.update(piece)
    except (zipfile.BadZipFile, OSError, EOFError):
        return ""
    return digest.hexdigest()


def _path(item: Item, taken: set[str]) -> str:
    """Folder and name without what a file system refuses; the second of a name gets a number."""
    plain = _NOT_IN_NAMES.sub("_", item.name).strip(" .") or "_"
    stem, dot, ending = plain.rpartition(".")
    stem, ending = (stem, dot + ending) if stem and len(ending) <= 8 else (plain, "")
    stem = stem[:_LONGEST]
    path, number = f"{item.folder}/{stem}{ending}", 1
    while path.lower() in taken:
        number += 1
        path = f"{item.folder}/{stem} ({number}){ending}"
    taken.add(path.lower())
    return path


def _entry(path: str, at: datetime) -> zipfile.ZipInfo:
    here = at.astimezone(_ZONE)
    entry = zipfile.ZipInfo(path, (max(here.year, 1980), here.month, here.day, here.hour, here.minute, here.second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
