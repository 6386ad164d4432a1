"""Programmes as zip files, in and out, with the limits that keep a hostile archive from doing harm."""

from __future__ import annotations

import io
import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Mapping

from service.domain.errors import DeploymentRefused, NotFound, Problem
from service.programmes.folder import COMMON, TOP_FOLDERS
from service.programmes.scan import MAX_FILE_BYTES, folder_for, kind_of

MAX_PACKAGE_BYTES = 20 * 1024 * 1024
MAX_ENTRIES = 500
# what desktop systems put into every archive they make
_NOISE = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")
# what zipfile and its decompressors raise at bytes that are no archive, are cut off, encrypted or wrong inside
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, NotImplementedError, ValueError, RuntimeError,
)  # fmt: skip
# the same archive bytes for the same files, whenever it is made
_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip archive; the same files give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return target.getvalue()


def unpack(content: bytes) -> dict[str, bytes]:
    """The models in a zip archive, by their path from `bpmn/`, `dmn/` or `forms/` on.

    One enclosing folder (as archivers make) is taken off; entries of other kinds are refused, not skipped, so that
    nothing is believed published that was not. Raises DeploymentRefused with every problem found.
    """
    if len(content) > MAX_PACKAGE_BYTES:
        raise _refused("", "package-too-large", "压缩包超过 20 MB。", "The package is larger than 20 MB.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read(archive)
    except _UNREADABLE as error:
        zh, en = "不是有效的 zip 压缩包，或已加密。", "This is not a valid zip archive, or it is encrypted."
        raise _refused("", "package-unreadable", zh, en) from error


def replace(files: Mapping[str, bytes], key: str, name: str, content: bytes) -> dict[str, bytes]:
    """The files with one replaced by an upload of the same file name; the programme's own namesake wins.

    A file with no namesake is added to the programme's own folder of its kind. `name` may be a bare file name or a path
    such as `dmn/common/score.dmn`. Raises DeploymentRefused for a file that is no model or too large.
    """
    path = _place(files, key, name)
    if path is None:
        raise _refused(name, "file-kind", *_KINDS)
    if len(content) > MAX_FILE_BYTES:
        raise _refused(name, "file-too-large", *_TOO_LARGE)
    return dict(sorted({**files, path: content}.items()))


def namesake(files: Mapping[str, bytes], key: str, name: str) -> str:
    """The path of the file an upload called `name` would replace. Raises NotFound where there is none."""
    base = name.rpartition("/")[2]
    found = [path for path in files if path.rpartition("/")[2] == base and path.split("/")[1] in {key, COMMON}]
    if not found:
        raise NotFound(what=name)
    return min(found, key=lambda path: (path.split("/")[1] != key, path))


_TOO_LARGE = ("文件超过 2 MB。", "The file is larger than 2 MB.")
_KINDS = (
    "只接受 .bpmn、.dmn、.form、.letter.md 文件和 programme.toml，且文件名不含特殊字符。",
    "Only .bpmn, .dmn, .form, .letter.md files and programme.toml are accepted, with plain names.",
)


def _refused(file: str, code: str, zh: str, en: str) -> DeploymentRefused:
    return DeploymentRefused([Problem(file, "", code, zh, en)])


def _place(files: Mapping[str, bytes], key: str, name: str) -> str | None:
    if kind_of(name):
        return name if name.split("/")[1] in {key, COMMON} else None
    base = name.replace("\\", "/").rpartition("/")[2]
    try:
        return namesake(files, key, base)
    except NotFound:
        folder = folder_for(base)
        path = f"{folder}/{key}/{base}"
        return path if folder and kind_of(path) else None


def _read(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _NOISE.search(entry.filename)]
    if len(archive.infolist()) > MAX_ENTRIES:
        zh, en = f"压缩包内超过 {MAX_ENTRIES} 项。", f"The package holds more than {MAX_ENTRIES} entries."
        raise _refused("", "package-entries", zh, en)
    if sum(entry.file_size for entry in entries) > MAX_PACKAGE_BYTES:
        raise _refused("", "package-too-large", "解压后超过 20 MB。", "The package is larger than 20 MB unpacked.")
    enclosing = _enclosing([entry.filename for entry in entries])
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    for entry in entries:
        path = entry.filename.removeprefix(enclosing)
        problem = _entry_problem(entry, path) or (_doubled(path) if path in files else None)
        if problem:
            problems.append(problem)
        else:
            # never more than the size the entry declares, which has been judged: zipfile stops there
            files[path] = archive.read(entry)
    if problems or not files:
        raise DeploymentRefused(
            problems or [Problem("", "", "package-empty", "压缩包是空的。", "The package is empty.")]
        )
    return dict(sorted(files.items()))


def _entry_problem(entry: zipfile.ZipInfo, path: str) -> Problem | None:
    name = entry.filename
    if name.startswith("/") or "\\" in name or "\0" in name or ":" in name or ".." in name.split("/"):
        zh, en = "文件路径指向压缩包之外。", "The path points outside the package."
        return Problem(name, "", "package-path", zh, en)
    if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG}:
        zh, en = "不接受链接等特殊文件。", "Links and other special files are not accepted."
        return Problem(name, "", "package-special", zh, en)
    if entry.file_size > MAX_FILE_BYTES:
        return Problem(name, "", "file-too-large", *_TOO_LARGE)
    if kind_of(path) is None:
        return Problem(name, "", "file-kind", *_KINDS)
    return None


def _doubled(path: str) -> Problem:
    zh, en = "同一文件在压缩包中出现两次。", "The package holds this file twice."
    return Problem(path, "", "package-doubled", zh, en)


def _enclosing(names: list[str]) -> str:
    """`folder/` if everything stands in one folder that is none of ours, else nothing."""
    firsts = {name.partition("/")[0] for name in names}
    only = firsts.pop() if len(firsts) == 1 else ""
    return f"{only}/" if only and only not in {*TOP_FOLDERS, ".."} and all("/" in name for name in names) else ""
