"""Which files may be uploaded, judged by their content and not by their name.

Allowed: PDF, JPEG, PNG, Word and Excel without macros, and zip. Refused: everything else, empty files, files whose
name says something else than their content, and files over 50 MB.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Collection
from dataclasses import dataclass

import filetype

from service.domain.errors import FileRefused

MAX_UPLOAD_BYTES = 50 * 1024 * 1024
MAX_UNPACKED_BYTES = 500 * 1024 * 1024
MAX_ARCHIVE_ENTRIES = 10_000
MAX_NAME_CHARACTERS = 120

MEDIA_TYPES: dict[str, str] = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
_ALIASES = {"jpeg": "jpg", "jpe": "jpg"}
_OFFICE = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


@dataclass(frozen=True, slots=True)
class FileKind:
    """An accepted file: its extension as we write it, its media type and the name it is kept under."""

    extension: str
    media_type: str
    name: str


def accept_file(
    name: str, content: bytes, *, limit: int = MAX_UPLOAD_BYTES, allowed: Collection[str] = tuple(MEDIA_TYPES)
) -> FileKind:
    """The kind of an upload of at most `limit` bytes. Raises FileRefused, saying why; `allowed` holds extensions."""
    safe = safe_name(name)
    if not content:
        raise _refused(safe, "文件是空的。", "the file is empty.")
    if len(content) > limit:
        size = limit // (1024 * 1024)
        raise _refused(safe, f"文件超过 {size} MB。", f"the file is larger than {size} MB.")
    extension = _extension(content, safe)
    if extension is None or extension not in allowed:
        kinds = "、".join(sorted(allowed)), ", ".join(sorted(allowed))
        raise _refused(safe, f"只接受 {kinds[0]} 文件。", f"only {kinds[1]} files are accepted.")
    claimed = _claimed(safe)
    if claimed != extension:
        zh = f"文件名的后缀是“{claimed or '无'}”，内容却是 {extension}。请按原格式保存后再上传。"
        en = f"its name says “{claimed or 'nothing'}” but its content is {extension}. Save it in its own format."
        raise _refused(safe, zh, en)
    return FileKind(extension, MEDIA_TYPES[extension], safe)


def extensions(accept: str) -> tuple[str, ...]:
    """The kinds of file that an `accept` attribute names; all that may be uploaded where it names none of them.

    >>> extensions(".pdf, .JPEG,.doc"), len(extensions("image/*"))
    (('pdf', 'jpg'), 6)
    """
    written = (part.strip().lstrip(".").lower() for part in accept.split(","))
    named = dict.fromkeys(_ALIASES.get(part, part) for part in written)
    return tuple(part for part in named if part in MEDIA_TYPES) or tuple(MEDIA_TYPES)


def safe_name(name: str) -> str:
    """The file name without folders, control and direction characters; never empty, never hidden, at most 120 long.

    >>> safe_name("..\\\\..\\\\etc/申报书 .pdf"), safe_name("\\u202efdp.exe"), safe_name("///")
    ('申报书.pdf', 'fdp.exe', 'file')
    """
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(char for char in base if unicodedata.category(char)[0] != "C" and char not in '<>:"|?*')
    stem, dot, extension = " ".join(kept.split()).strip(". ").rpartition(".")
    stem = stem.strip(". ") if dot else ""
    whole = f"{stem[: MAX_NAME_CHARACTERS - len(extension) - 1]}.{extension}" if stem else extension
    if not whole or len(extension) >= MAX_NAME_CHARACTERS:
        return "file"
    return f"_{whole}" if _RESERVED.match(whole) else whole


def _refused(name: str, zh: str, en: str) -> FileRefused:
    return FileRefused(name=name, zh=zh, en=en)


def _claimed(name: str) -> str:
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    return _ALIASES.get(extension, extension)


def _extension(content: bytes, name: str) -> str | None:
    """What the content is, as one of our extensions; None for everything else."""
    if content.startswith(b"PK\x03\x04") or content.startswith(b"PK\x05\x06"):
        return _archive(content, name)
    guessed = filetype.guess_extension(content)
    return str(guessed) if guessed in {"pdf", "jpg", "png"} else None


def _archive(content: bytes, name: str) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, RuntimeError, EOFError):
        return None
    if len(entries) > MAX_ARCHIVE_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        zh, en = "压缩包解压后过大，或内含文件过多。", "the archive unpacks to too much, or holds too many files."
        raise _refused(name, zh, en)
    names = {entry.filename for entry in entries}
    if any(path.lower().endswith("vbaproject.bin") for path in names):
        zh, en = "不接受含宏的文件，请另存为不含宏的格式。", "files with macros are not accepted; save without macros."
        raise _refused(name, zh, en)
    if "[Content_Types].xml" in names:
        return next((extension for extension, part in _OFFICE.items() if part in names), None)
    return _plain_zip(entries)


def _plain_zip(entries: list[zipfile.ZipInfo]) -> str | None:
    """A zip of files; refused where it is something else in zip's clothing, or would write outside its folder."""
    names = [entry.filename for entry in entries]
    if not names or "META-INF/MANIFEST.MF" in names or "AndroidManifest.xml" in names or "mimetype" in names:
        return None
    outside = any(name.startswith("/") or "\\" in name or ".." in name.split("/") for name in names)
    links = any((entry.external_attr >> 16) & 0o170000 == 0o120000 for entry in entries)
    return None if outside or links else "zip"
