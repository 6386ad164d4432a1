"""Reads programmes from a root folder with `bpmn/`, `dmn/` and `forms/` beneath it.

A link is never followed and a file that is no model is left out: a folder hands over nothing else of the machine.
"""

from __future__ import annotations

from pathlib import Path

from service.domain.errors import InvalidInput
from service.programmes.manifest import FILE_NAME
from service.programmes.scan import kind_of

TOP_FOLDERS = ("bpmn", "dmn", "forms")
COMMON = "common"


def programme_keys(root: Path) -> tuple[str, ...]:
    """The programmes under `root`: each folder of `bpmn/` that holds a manifest, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in (root / "bpmn").glob(f"*/{FILE_NAME}") if path.is_file()))


def require_programme(root: Path, key: str) -> None:
    """Raises InvalidInput, with the keys there are, where `root` has no programme of that key."""
    keys = programme_keys(root)
    if key not in keys:
        zh = f"没有这个专项；现有：{'、'.join(keys) or '无'}"
        raise InvalidInput(field=key, zh=zh, en=f"no such programme; there are: {', '.join(keys) or 'none'}")


def read_folder(root: Path, key: str) -> dict[str, bytes]:
    """The files of one programme and all common ones, by their path such as `bpmn/common/publicity.bpmn`.

    Raises InvalidInput where `root` has no programme of that key.
    """
    require_programme(root, key)
    files: dict[str, bytes] = {}
    for top in TOP_FOLDERS:
        for folder in (key, COMMON):
            files.update(_models(root / top / folder, f"{top}/{folder}"))
    return dict(sorted(files.items()))


def _models(folder: Path, prefix: str) -> dict[str, bytes]:
    if folder.is_symlink() or not folder.is_dir():
        return {}
    found = ((f"{prefix}/{path.name}", path) for path in folder.iterdir() if path.is_file() and not path.is_symlink())
    return {name: path.read_bytes() for name, path in found if kind_of(name)}
