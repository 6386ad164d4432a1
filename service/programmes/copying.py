"""A new programme from one that exists: its own files under another key, so that a designer begins with what runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from service.domain.errors import InvalidInput
from service.programmes.folder import COMMON, TOP_FOLDERS, read_folder
from service.programmes.manifest import FILE_NAME, read_manifest
from service.programmes.manifest_schema import KEBAB
from service.programmes.scan import kind_of

_KEY = re.compile(r'^key\s*=\s*"[^"]*"', re.MULTILINE)
_NAMES = re.compile(r'^(name|name_en)\s*=\s*"[^"]*"', re.MULTILINE)
_OF_STORY = re.compile(r'^programme\s*=\s*"[^"]*"', re.MULTILINE)
_STATUS = re.compile(r'^status\s*=\s*"[^"]*"', re.MULTILINE)


def copied(files: Mapping[str, bytes], key: str, new_key: str, *, name: str, name_en: str = "") -> dict[str, bytes]:
    """The own files of programme `key` as those of `new_key`, a draft; common files are not copied.

    Process, form and decision ids stay: they are names inside a programme. Raises InvalidInput for a key that is none.
    """
    if not KEBAB.fullmatch(new_key) or new_key in {key, COMMON}:
        zh = "请用小写字母、数字和连字符，且不与已有专项或 common 同名。"
        raise InvalidInput(field="key", zh=zh, en="Use lower-case letters, digits and hyphens, and a key not in use.")
    if not name.strip() or any(char in name + name_en for char in '"\\\n\r'):
        raise InvalidInput(
            field="name", zh="名称不能为空，也不能含引号或换行。", en="Give a name without quotes or breaks."
        )
    own = {path: content for path, content in files.items() if kind_of(path) and path.split("/")[1] == key}
    made = {path.replace(f"/{key}/", f"/{new_key}/", 1): content for path, content in own.items()}
    manifest = f"bpmn/{new_key}/{FILE_NAME}"
    made[manifest] = _renamed(made[manifest].decode("utf-8-sig"), new_key, name, name_en).encode()
    return dict(sorted(made.items()))


def begin(root: Path, key: str, new_key: str, target: Path, *, name: str = "", name_en: str = "") -> list[Path]:
    """Write a copy of programme `key` of `root` under another key to `target`, with its stories; the files, in order.

    Named as a copy unless named. A target without common stages gets those of `root`: what is copied can be checked and
    played there. What stands is never written over: InvalidInput where there is such a programme.
    """
    files = read_folder(root, key)
    manifest = read_manifest(files[f"bpmn/{key}/{FILE_NAME}"].decode("utf-8-sig"))
    names = {"name": name or f"{manifest.name}（副本）", "name_en": name_en or f"{manifest.name_en} (copy)"}
    made = copied(files, key, new_key, **names)
    if any((folder / top / new_key).exists() for folder in (root, target) for top in TOP_FOLDERS):
        raise InvalidInput(
            field="key", zh=f"{new_key} 已经存在，换一个名称。", en=f"{new_key} exists; use another key."
        )
    stories = root / "bpmn" / key / "stories"
    for path in sorted(stories.rglob("*.toml")):
        told = _OF_STORY.sub(f'programme = "{new_key}"', path.read_text("utf-8"))
        made[f"bpmn/{new_key}/stories/{path.relative_to(stories).as_posix()}"] = told.encode()
    if not any((target / top / COMMON).exists() for top in TOP_FOLDERS):
        made |= {path: content for path, content in files.items() if path.split("/")[1] == COMMON}
    for place, content in made.items():
        (target / place).parent.mkdir(parents=True, exist_ok=True)
        (target / place).write_bytes(content)
    return [target / place for place in made]


def _renamed(text: str, key: str, name: str, name_en: str) -> str:
    """The manifest's own first lines with another key and name; those of its tables stay."""
    first_table = re.search(r"^\s*\[", text, re.MULTILINE)
    head, tables = (text[: first_table.start()], text[first_table.start() :]) if first_table else (text, "")
    names = {"name": name, "name_en": name_en}
    head = _KEY.sub(lambda _: f'key = "{key}"', head)
    head = _NAMES.sub(lambda found: f'{found.group(1)} = "{names[found.group(1)]}"', head)
    return _STATUS.sub('status = "draft"', head) + tables
