"""Letters as Word documents: named styles, tables, page numbers, the same bytes, and no text read as markup."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from service.delivery.documents import Letter
from service.delivery.word import document

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
BODY = """同意**推荐**。

## 审查意见

1. 第一条
2. 第二条

| 序号 | 名称 |
|---:|---|
| 1 | 甲\\|乙 |
"""
LETTER = Letter(
    "推荐函", BODY, "绿园区科学技术局", "绿科函〔2026〕3号", "市科学技术局", date(2026, 11, 20), "ABCD", "http://x.invalid/v?c=ABCD"
)  # fmt: skip


def parts(content: bytes) -> dict[str, ElementTree.Element]:
    """Every XML part, parsed; a part that is not XML would not open."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = [name for name in archive.namelist() if name.endswith((".xml", ".rels"))]
        return {name: ElementTree.fromstring(archive.read(name)) for name in names}  # noqa: S314 - our own


def paragraphs(content: bytes) -> list[tuple[str, str]]:
    """Style and text of each paragraph."""
    found = []
    for one in parts(content)["word/document.xml"].iter(f"{W}p"):
        style = one.find(f"{W}pPr/{W}pStyle")
        found.append((style.get(f"{W}val") if style is not None else "", "".join(one.itertext())))
    return found


def test_a_letter_is_written_in_named_styles() -> None:
    styles = {one.get(f"{W}styleId") for one in parts(document(LETTER))["word/styles.xml"].iter(f"{W}style")}
    found = paragraphs(document(LETTER))
    assert {style for style, _ in found if style} <= styles
    assert found[:5] == [
        ("RedHead", "绿园区科学技术局"), ("LetterNumber", "绿科函〔2026〕3号"), ("Title", "推荐函"),
        ("Addressee", "市科学技术局："), ("", "同意推荐。"),
    ]  # fmt: skip
    assert ("Heading2", "审查意见") in found
    assert [text for style, text in found if style == "TableText"] == ["序号", "名称", "1", "甲|乙"]
    assert [text for style, text in found if style == "Signature"] == ["绿园区科学技术局", "2026年11月20日"]


def test_each_page_bears_its_number_and_the_version_code() -> None:
    foot = parts(document(LETTER))["word/footer1.xml"]
    assert [one.get(f"{W}instr") for one in foot.iter(f"{W}fldSimple")] == [" PAGE ", " NUMPAGES "]
    assert "ABCD" in "".join(foot.itertext())
    assert b"qr.png" in document(LETTER)


def test_a_draft_has_its_word_across_the_page_and_a_letter_has_not() -> None:
    assert 'string="草稿"' in _raw(Letter("申报书", "文", draft=True), "word/header1.xml")
    assert "草稿" not in _raw(LETTER, "word/header1.xml")


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert document(LETTER) == document(LETTER)


def test_a_second_list_counts_from_its_own_start() -> None:
    numbering = _raw(Letter("t", "1. 甲\n\n文\n\n5. 乙"), "word/numbering.xml")
    assert 'w:startOverride w:val="1"' in numbering
    assert 'w:startOverride w:val="5"' in numbering


@settings(max_examples=25)
@given(st.text(max_size=60))
def test_no_text_breaks_the_document_or_becomes_part_of_it(text: str) -> None:
    found = paragraphs(document(Letter(text, "`" + text.replace("`", "") + "`", text, text, text, code=text)))
    assert len([one for one in found if one[0] == "Title"]) == 1


def _raw(letter: Letter, part: str) -> str:
    with zipfile.ZipFile(io.BytesIO(document(letter))) as archive:
        return archive.read(part).decode()
