"""The fixed parts of a Word document: its styles, fonts and page, after GB/T 9704-2012 as the printed letter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_MAIN: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_LEVELS: Final = 9  # of a list in Word
_SPACES: Final = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    f'xmlns:r="{_OFFICE}/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
)

CONTENT_TYPES: Final = (
    f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
    '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_MAIN}.document.main+xml"/>'
    + "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_MAIN}.{kind}+xml"/>'
        for name, kind in (
            ("styles", "styles"), ("numbering", "numbering"), ("settings", "settings"), ("footer1", "footer"),
            ("header1", "header"),
        )
    )
    + "</Types>"
)  # fmt: skip
PACKAGE: Final = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/relationships/officeDocument" Target="word/document.xml"/>'
    f'<Relationship Id="r2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
    "</Relationships>"
)
PICTURE_RELATION: Final = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="qr" Type="{_OFFICE}/relationships/image" Target="media/qr.png"/></Relationships>'
)
SETTINGS: Final = (
    f'{_HEAD}<w:settings {_SPACES}><w:defaultTabStop w:val="420"/>'
    '<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" '
    'w:val="15"/></w:compat></w:settings>'
)


def _fonts(chinese: str, latin: str = "Times New Roman") -> str:
    return f'<w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:cs="{latin}" w:eastAsia="{chinese}"/>'


def _style(name: str, title: str, paragraph: str = "", run: str = "", *, above: str = "Normal") -> str:
    """A style of paragraphs that leans on another one."""
    return (
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{title}"/><w:basedOn w:val="{above}"/>'
        f"<w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
    )


_FLUSH: Final = '<w:ind w:firstLine="0" w:firstLineChars="0"/>'
_MIDDLE: Final = f'{_FLUSH}<w:jc w:val="center"/>'
_LINE: Final = '<w:pBdr><w:bottom w:val="single" w:sz="{size}" w:space="{space}" w:color="{colour}"/></w:pBdr>'
_SMALL_LINES: Final = '<w:spacing w:line="240" w:lineRule="auto" w:before="0" w:after="0"/>'


def _size(points: float) -> str:
    return f'<w:sz w:val="{int(points * 2)}"/><w:szCs w:val="{int(points * 2)}"/>'


# 仿宋 三号 for the text, 黑体 for headings, 小标宋 (here 宋体 bold) 二号 for the title, 28 points a line
STYLES: Final = (
    f"{_HEAD}<w:styles {_SPACES}><w:docDefaults><w:rPrDefault><w:rPr>{_fonts('仿宋')}"
    f'{_size(16)}<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault></w:docDefaults>'
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/>'
    '<w:pPr><w:widowControl/><w:spacing w:line="560" w:lineRule="exact" w:before="0" w:after="0"/>'
    '<w:ind w:firstLine="640" w:firstLineChars="200"/><w:jc w:val="both"/></w:pPr></w:style>'
    + _style("RedHead", "Red Head", f'<w:spacing w:line="240" w:lineRule="auto"/>{_MIDDLE}',
             f'{_fonts("宋体")}<w:b/><w:color w:val="C00000"/>{_size(30)}')
    + _style("LetterNumber", "Letter Number",
             _LINE.format(size=12, space=4, colour="C00000") + f'<w:spacing w:after="240"/>{_MIDDLE}')
    + _style("Title", "Title", f'<w:spacing w:line="720" w:lineRule="exact" w:before="120" w:after="280"/>{_MIDDLE}',
             f'{_fonts("宋体")}<w:b/>{_size(22)}')
    + _style("Addressee", "Addressee", _FLUSH)
    + "".join(
        _style(f"Heading{level}", f"heading {level}", f'<w:keepNext/><w:outlineLvl w:val="{level - 1}"/>',
               f'{_fonts(font)}{bold}')
        for level, font, bold in ((1, "黑体", ""), (2, "楷体", "<w:b/>"), (3, "仿宋", "<w:b/>"))
    )
    + _style("ListParagraph", "List Paragraph", '<w:ind w:left="1060" w:hanging="420" w:firstLineChars="0"/>')
    + _style("Quote", "Quote", '<w:ind w:left="640" w:firstLine="0" w:firstLineChars="0"/>')
    + _style("Code", "Code", _FLUSH, f'{_fonts("黑体", "Consolas")}{_size(12)}')
    + _style("Rule", "Rule", _LINE.format(size=6, space=1, colour="auto") + _FLUSH)
    + _style("TableText", "Table Text", f"{_SMALL_LINES}{_FLUSH}", _size(11))
    + _style("TableTextSmall", "Table Text Small", above="TableText", run=_size(8))
    + _style("AfterTable", "After Table", f'<w:spacing w:line="160" w:lineRule="exact"/>{_FLUSH}')
    + _style("Signature", "Signature", '<w:keepLines/><w:ind w:left="4200" w:firstLine="0" w:firstLineChars="0"/>'
             '<w:jc w:val="center"/>')
    + _style("Footer", "footer", f'<w:tabs><w:tab w:val="right" w:pos="8844"/></w:tabs>{_SMALL_LINES}{_FLUSH}',
             _size(9))
    + _style("Header", "header", f"{_SMALL_LINES}{_FLUSH}", _size(9))
    + '<w:style w:type="character" w:styleId="Hyperlink"><w:name w:val="Hyperlink"/><w:rPr><w:color w:val="0563C1"/>'
    '<w:u w:val="single"/></w:rPr></w:style>'
    '<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/><w:tblPr><w:tblBorders>'
    + "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
              for side in ("top", "left", "bottom", "right", "insideH", "insideV"))
    + '</w:tblBorders><w:tblCellMar><w:left w:w="85" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar>'
    "</w:tblPr></w:style></w:styles>"
)  # fmt: skip
TABLE_HEAD: Final = (
    '<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="5000" w:type="pct"/><w:tblLayout w:type="autofit"/>'
    '<w:tblLook w:val="0020" w:firstRow="1"/></w:tblPr>'
)


def document(body: str) -> str:
    """The main part."""
    return f"{_HEAD}<w:document {_SPACES}><w:body>{body}</w:body></w:document>"


def section(*, wide: bool, draft: bool) -> str:
    """A4 with the margins of an official letter, lying where a table is wide; a draft has its word across each page."""
    size = 'w:w="16838" w:h="11906" w:orient="landscape"' if wide else 'w:w="11906" w:h="16838"'
    header = '<w:headerReference w:type="default" r:id="header"/>' if draft else ""
    return (
        f'<w:sectPr>{header}<w:footerReference w:type="default" r:id="footer"/><w:pgSz {size}/><w:pgMar w:top="2098" '
        'w:right="1474" w:bottom="1984" w:left="1588" w:header="851" w:footer="567" w:gutter="0"/></w:sectPr>'
    )


def core(title: str, creator: str, at: str) -> str:
    """Title, author and day of the document."""
    return (
        f'{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{title}</dc:title><dc:creator>{creator}</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{at}</dcterms:created></cp:coreProperties>'
    )


def relations(links: Iterable[str]) -> str:
    """What the main part leans on; `links` are quoted targets."""
    kinds = [(name, f"{name}.xml") for name in ("styles", "numbering", "settings")]
    kinds += [("footer", "footer1.xml"), ("header", "header1.xml")]
    inner = "".join(
        f'<Relationship Id="{kind}" Type="{_OFFICE}/relationships/{kind}" Target="{target}"/>' for kind, target in kinds
    )
    outer = "".join(
        f'<Relationship Id="link{n}" Type="{_OFFICE}/relationships/hyperlink" Target={link} TargetMode="External"/>'
        for n, link in enumerate(links, start=1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{inner}{outer}</Relationships>'


def numbering(lists: Sequence[tuple[bool, int]]) -> str:
    """One numbering for each list: whether it has numbers, and with which it starts."""
    kinds = _kind_of_list(0, "bullet", ["•"] * _LEVELS)
    kinds += _kind_of_list(1, "decimal", [f"%{level + 1}." for level in range(_LEVELS)])
    used = "".join(
        f'<w:num w:numId="{n}"><w:abstractNumId w:val="{int(ordered)}"/><w:lvlOverride w:ilvl="0">'
        f'<w:startOverride w:val="{start}"/></w:lvlOverride></w:num>'
        for n, (ordered, start) in enumerate(lists, start=1)
    )
    return f"{_HEAD}<w:numbering {_SPACES}>{kinds}{used}</w:numbering>"


def _kind_of_list(number: int, form: str, marks: Sequence[str]) -> str:
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{mark}"/>'
        f'<w:lvlJc w:val="left"/><w:pPr><w:ind w:left="{1060 + 420 * level}" w:hanging="420"/></w:pPr></w:lvl>'
        for level, mark in enumerate(marks)
    )
    kind = '<w:multiLevelType w:val="multilevel"/>'
    return f'<w:abstractNum w:abstractNumId="{number}">{kind}{levels}</w:abstractNum>'


def footer(paragraph: str) -> str:
    """The foot of each page."""
    return f"{_HEAD}<w:ftr {_SPACES}>{paragraph}</w:ftr>"


def header(watermark: str) -> str:
    """The head of each page: empty, or a word across the page behind the text."""
    shape = (
        '<w:r><w:pict><v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" '
        'path="m@7,l@8,m@5,21600l@6,21600e"><v:path textpathok="t" o:connecttype="rect"/>'
        '<v:textpath on="t" fitshape="t"/></v:shapetype><v:shape id="watermark" type="#_x0000_t136" '
        'style="position:absolute;margin-left:0;margin-top:0;width:380pt;height:190pt;rotation:315;z-index:-1;'
        "mso-position-horizontal:center;mso-position-horizontal-relative:margin;mso-position-vertical:center;"
        'mso-position-vertical-relative:margin" fillcolor="#d9d9d9" stroked="f"><v:fill opacity=".5"/>'
        f'<v:textpath on="t" fitshape="t" style="font-family:&quot;黑体&quot;;font-size:1pt" string="{watermark}"/>'
        "</v:shape></w:pict></w:r>"
        if watermark
        else ""
    )
    return f'{_HEAD}<w:hdr {_SPACES}><w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr>{shape}</w:p></w:hdr>'


def number(name: str) -> str:
    """A number that the word processor counts: PAGE or NUMPAGES."""
    return f'<w:fldSimple w:instr=" {name} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'


def picture(size: int, description: str) -> str:
    """The QR code in a line; `size` in EMU, `description` quoted."""
    extent = f'cx="{size}" cy="{size}"'
    return (
        f'<w:r><w:drawing><wp:inline><wp:extent {extent}/><wp:docPr id="1" name="QR" descr={description}/><a:graphic>'
        '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
        '<pic:cNvPr id="1" name="QR"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="qr"/><a:stretch>'
        '<a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
        f'<a:ext {extent}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
