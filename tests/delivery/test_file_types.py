"""Uploads: allowed by content, refused with a reason in both languages, kept under a harmless name."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.delivery.file_types import MAX_NAME_CHARACTERS, accept_file, safe_name
from service.domain.errors import FileRefused

PDF = b"%PDF-1.7\n1 0 obj\n"
JPG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000")
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")


def make_zip(*names: str, link: bool = False) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o120777 if link else 0o100644) << 16
            archive.writestr(entry, b"x")
    return target.getvalue()


DOCX = make_zip("[Content_Types].xml", "word/document.xml")
XLSX = make_zip("[Content_Types].xml", "xl/workbook.xml")


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("申报书.pdf", PDF, "application/pdf"),
        ("照片.JPG", JPG, "image/jpeg"),
        ("照片.jpeg", JPG, "image/jpeg"),
        ("章.png", PNG, "image/png"),
        ("协议.docx", DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("汇总表.xlsx", XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("附件.zip", make_zip("a/b.pdf", "c.txt"), "application/zip"),
    ],
    ids=["pdf", "JPG", "jpeg", "png", "docx", "xlsx", "zip"],
)
def test_allowed_files_are_known_by_their_content(name: str, content: bytes, media_type: str) -> None:
    kind = accept_file(name, content)
    assert (kind.media_type, kind.name) == (media_type, name)


HOSTILE = {
    "empty": ("a.pdf", b""),
    "executable": ("a.exe", b"MZ\x90\x00" + b"\0" * 60),
    "executable renamed": ("a.pdf", b"MZ\x90\x00" + b"\0" * 60),
    "elf": ("a.png", b"\x7fELF" + b"\0" * 60),
    "html": ("a.html", b"<html><script>1</script>"),
    "html as pdf": ("a.pdf", b"<html><script>1</script>"),
    "pdf after html": ("a.pdf", b"<html>" + PDF),
    "svg": ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    "svg as png": ("a.png", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "text": ("a.txt", b"hello"),
    "old word": ("a.doc", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600),
    "encrypted docx": ("a.docx", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600),
    "macro word": ("a.docm", make_zip("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")),
    "macro as docx": ("a.docx", make_zip("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")),
    "powerpoint": ("a.pptx", make_zip("[Content_Types].xml", "ppt/presentation.xml")),
    "jar": ("a.zip", make_zip("META-INF/MANIFEST.MF", "A.class")),
    "odt": ("a.zip", make_zip("mimetype", "content.xml")),
    "empty zip": ("a.zip", make_zip()),
    "zip slip": ("a.zip", make_zip("../../etc/passwd")),
    "zip slip backslash": ("a.zip", make_zip("..\\evil")),
    "zip absolute": ("a.zip", make_zip("/etc/passwd")),
    "zip link": ("a.zip", make_zip("link", link=True)),
    "zip cut off": ("a.zip", make_zip("a.pdf")[:20]),
    "zip as docx": ("a.docx", make_zip("a.pdf")),
    "docx as zip": ("a.zip", DOCX),
    "docx as xlsx": ("a.xlsx", DOCX),
    "pdf as jpg": ("a.jpg", PDF),
    "png as pdf": ("a.pdf", PNG),
    "no suffix": ("a", PDF),
    "double suffix": ("a.pdf.exe", PDF),
    "gif": ("a.gif", b"GIF89a" + b"\0" * 30),
    "rar": ("a.rar", b"Rar!\x1a\x07\x00" + b"\0" * 30),
}


@pytest.mark.parametrize(("name", "content"), HOSTILE.values(), ids=list(HOSTILE))
def test_everything_else_is_refused_in_both_languages(name: str, content: bytes) -> None:
    with pytest.raises(FileRefused) as caught:
        accept_file(name, content)
    assert caught.value.details["zh"]
    assert caught.value.details["en"]


def test_a_file_over_the_limit_is_refused_and_one_at_the_limit_is_not() -> None:
    assert accept_file("a.pdf", PDF.ljust(1024 * 1024), limit=1024 * 1024)
    with pytest.raises(FileRefused, match="1 MB"):
        accept_file("a.pdf", PDF.ljust(1024 * 1024 + 1), limit=1024 * 1024)


def test_a_zip_bomb_is_refused_without_unpacking_it() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for n in range(6):
            archive.writestr(f"{n}.txt", b"\0" * (100 * 1024 * 1024))
    with pytest.raises(FileRefused, match="too much"):
        accept_file("bomb.zip", target.getvalue())


def test_a_field_may_allow_fewer_kinds() -> None:
    with pytest.raises(FileRefused, match="only pdf"):
        accept_file("a.png", PNG, allowed=("pdf",))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\temp\\申报书.pdf", "申报书.pdf"),
        ("a\r\nb.pdf", "ab.pdf"),
        (" . .pdf", "pdf"),
        ("CON.pdf", "_CON.pdf"),
        ("\u202egpj.exe", "gpj.exe"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_names_are_made_harmless(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=300))
def test_no_name_leaves_its_folder(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe) <= MAX_NAME_CHARACTERS + 1
    assert not safe.startswith(".")
    assert not set(safe) & set('/\\\0\r\n"<>|?*:')
    assert safe_name(safe) == safe
