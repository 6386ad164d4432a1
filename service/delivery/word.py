"""A letter as a Word document: the blocks of its text in named styles, on the page of the printed letter.

The same letter gives the same bytes. All text is data: it is written as escaped characters, never as markup.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from service.delivery import word_parts as parts
from service.delivery.documents import Letter, page_data
from service.delivery.markdown import Block, Inline

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the time of every part: a file must not say when it was asked for
_QR_MM: Final = 15
_EMU_PER_MM: Final = 36_000
_DEEPEST: Final = 8  # levels of a list in Word


@dataclass
class _Body:
    """What the text of a document needs beside it: targets of links, and a numbering for each list."""

    links: list[str] = field(default_factory=list)
    lists: list[tuple[bool, int]] = field(default_factory=list)
    wide: bool = False


def document(letter: Letter) -> bytes:
    """The letter as .docx: head, number, title, text, tables, signature; page numbers and the version code below."""
    data = page_data(letter)
    body = _Body(wide=data["wide"])
    text = "".join((*_head(data), *_blocks(data["blocks"], body), *_signature(data["signature"])))
    picture = _qr_png(letter.code_url) if letter.code_url else b""
    section = parts.section(wide=body.wide, draft=letter.draft)
    files = {
        "[Content_Types].xml": parts.CONTENT_TYPES,
        "_rels/.rels": parts.PACKAGE,
        "docProps/core.xml": parts.core(_text(letter.title), _text(letter.issuer), _day(letter.issued_on)),
        "word/document.xml": parts.document(text + section),
        "word/styles.xml": parts.STYLES,
        "word/numbering.xml": parts.numbering(body.lists),
        "word/settings.xml": parts.SETTINGS,
        "word/footer1.xml": parts.footer(_footer(data, has_picture=bool(picture))),
        "word/header1.xml": parts.header(_text(data["draft_word"]) if letter.draft else ""),
        "word/_rels/document.xml.rels": parts.relations(quoteattr(_text(link)) for link in body.links),
    }
    if picture:
        files["word/_rels/footer1.xml.rels"] = parts.PICTURE_RELATION
    return _zipped({name: content.encode() for name, content in files.items()}, picture)


def _zipped(files: dict[str, bytes], picture: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**files, **({"word/media/qr.png": picture} if picture else {})}.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0
            archive.writestr(entry, content)
    return target.getvalue()


def _head(data: dict[str, Any]) -> Iterable[str]:
    """The red head of an office's letter with its number, the title, and to whom it is."""
    if data["issuer"]:
        yield _paragraph(_run(data["issuer"]), "RedHead")
        yield _paragraph(_run(data["number"]), "LetterNumber")
    yield _paragraph(_run(data["title"]), "Title")
    if data["addressee"]:
        yield _paragraph(_run(data["addressee"] + data["colon"]), "Addressee")


def _signature(lines: Sequence[str]) -> Iterable[str]:
    return (_paragraph(_run(line), "Signature") for line in lines)


def _footer(data: dict[str, Any], *, has_picture: bool) -> str:
    """The version code with its QR code at the left, the page number and the number of pages at the right."""
    before, _, rest = data["page_word"].partition("{page}")
    between, _, after = rest.partition("{pages}")
    pages = (
        f"{_run(before)}{parts.number('PAGE')}{_run(between)}{parts.number('NUMPAGES')}{_run(after)}"  # counted by Word
    )
    code = f"{data['code_label']}{data['colon']}{data['code']}" if data["code"] else ""
    picture = parts.picture(_QR_MM * _EMU_PER_MM, quoteattr(_text(code))) if has_picture else ""
    return _paragraph(f"{picture}{_run('　' if picture else '')}{_run(code)}<w:r><w:tab/></w:r>{pages}", "Footer")


def _blocks(blocks: Sequence[Block], body: _Body, level: int = 0, style: str = "") -> Iterable[str]:
    for block in blocks:
        yield from _WRITERS[block["kind"]](block, body, level, style)


def _written(block: Block, body: _Body, _level: int, style: str) -> Iterable[str]:
    yield _paragraph(_runs(block["runs"], body), style)


def _heading(block: Block, body: _Body, _level: int, _style: str) -> Iterable[str]:
    yield _paragraph(_runs(block["runs"], body), f"Heading{min(block['level'], 3)}")


def _list(block: Block, body: _Body, level: int, _style: str) -> Iterable[str]:
    body.lists.append((block["ordered"], block["start"]))
    mark = f'<w:numPr><w:ilvl w:val="{min(level, _DEEPEST)}"/><w:numId w:val="{len(body.lists)}"/></w:numPr>'
    for item in block["items"]:
        for place, inner in enumerate(item):
            if inner["kind"] == "paragraph":
                yield _paragraph(_runs(inner["runs"], body), "ListParagraph", mark if place == 0 else "")
            else:
                yield from _blocks([inner], body, level + 1, "ListParagraph")


def _quote(block: Block, body: _Body, level: int, _style: str) -> Iterable[str]:
    yield from _blocks(block["blocks"], body, level, "Quote")


def _code(block: Block, _body: _Body, _level: int, _style: str) -> Iterable[str]:
    for line in block["text"].split("\n"):
        yield _paragraph(_run(line), "Code")


def _rule(_block: Block, _body: _Body, _level: int, _style: str) -> Iterable[str]:
    yield _paragraph("", "Rule")


def _table(block: Block, body: _Body, _level: int, _style: str) -> Iterable[str]:
    """A table of the whole width whose first row stands again on each page."""
    width = max(1, *(len(row) for row in block["rows"]))
    style = "TableTextSmall" if body.wide else "TableText"
    yield parts.TABLE_HEAD + "<w:tblGrid>" + "<w:gridCol/>" * width + "</w:tblGrid>"
    for number, row in enumerate(block["rows"]):
        cells = [*row, *([[]] * (width - len(row)))]
        aligns = ["center"] * width if number == 0 else [*block["align"], *["left"] * width][:width]
        properties = (
            "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>" if number == 0 else "<w:trPr><w:cantSplit/></w:trPr>"
        )
        written = (
            f'<w:tc><w:tcPr><w:tcW w:w="0" w:type="auto"/><w:vAlign w:val="center"/></w:tcPr>'
            f"{_paragraph(_runs(cell, body, bold=number == 0), style, f'<w:jc w:val={quoteattr(align)}/>')}</w:tc>"
            for cell, align in zip(cells, aligns, strict=True)
        )
        yield f"<w:tr>{properties}{''.join(written)}</w:tr>"
    yield "</w:tbl>" + _paragraph("", "AfterTable")


_WRITERS: Final = {
    "paragraph": _written,
    "heading": _heading,
    "list": _list,
    "quote": _quote,
    "code": _code,
    "rule": _rule,
    "table": _table,
}


def _paragraph(content: str, style: str = "", properties: str = "") -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{content}</w:p>"


def _runs(runs: Sequence[Inline], body: _Body, *, bold: bool = False) -> str:
    return "".join(_inline(run, body, bold) for run in runs)


def _inline(run: Inline, body: _Body, bold: bool) -> str:
    if run.get("break"):
        return "<w:r><w:br/></w:r>"
    marks = "".join(
        mark
        for mark, holds in (
            ('<w:rStyle w:val="Hyperlink"/>', run.get("link")),
            ("<w:b/>", bold or run.get("strong")),
            ("<w:i/>", run.get("em")),
            ("<w:strike/>", run.get("strike")),
        )
        if holds
    )
    written = _run(run["text"], marks)
    if not run.get("link"):
        return written
    if run["link"] not in body.links:
        body.links.append(run["link"])
    return f'<w:hyperlink r:id="link{body.links.index(run["link"]) + 1}">{written}</w:hyperlink>'


def _run(text: str, properties: str = "") -> str:
    marks = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{marks}<w:t xml:space="preserve">{_text(text)}</w:t></w:r>' if text else ""


def _text(text: str) -> str:
    return escape(_NOT_IN_XML.sub("", text))


def _day(day: date | None) -> str:
    return f"{day or date(1980, 1, 1):%Y-%m-%d}T00:00:00Z"


def _qr_png(text: str) -> bytes:
    import segno  # noqa: PLC0415 - on use, as in documents.py

    target = io.BytesIO()
    segno.make(text, error="m", micro=False).save(target, kind="png", scale=6, border=2)
    return target.getvalue()
