"""What makes a workbook unsafe to open: it unpacks to too much, or its XML declares a document type that expands."""

from __future__ import annotations

import io
import zipfile
from typing import Final

UNPACKED_BYTES: Final = 50 * 1024 * 1024


def harm_in(content: bytes) -> tuple[str, str] | None:
    """The reason not to open it, in Chinese and English; None where there is none. Raises BadZipFile for no archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > UNPACKED_BYTES:
            return "工作簿解压后过大", "the workbook unpacks to too much"
        for entry in archive.infolist():
            if entry.filename.endswith((".xml", ".rels", ".vml")):
                text = archive.read(entry)
                if b"<!DOCTYPE" in text or b"<!ENTITY" in text or text[:2] in (b"\xff\xfe", b"\xfe\xff"):
                    return "工作簿里有不允许的内容", "the workbook holds what is not allowed"
    return None
