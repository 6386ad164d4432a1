"""Marks the Chinese words of an English page as Chinese, so that a screen reader says them with a Chinese voice."""

from __future__ import annotations

import re
from typing import Final

from flask import Flask, Response

from service.web.i18n import language

# What is no text to read, or may hold no element.
_WITHOUT: Final = ("script", "style", "title", "option", "textarea", "text", "tspan", "desc", "!")
_HAN: Final = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_OPENING, _CLOSING = "《〈“‘「『【〔（", "》〉”’」』】〕）。，、；：？！…·"
# From the first Chinese sign to the last, with the figures and marks between them but no Latin word.
_WORDS: Final = re.compile(f"[{_OPENING}]*[{_HAN}](?:[^a-zA-Z&]*[{_HAN}{_CLOSING}])?")


def install_chinese_marks(app: Flask) -> None:
    """Mark every HTML answer, pages and fragments alike, whose reader has chosen English."""
    app.after_request(_mark)


def marked(html: str) -> str:
    """The page with each run of Chinese words in `<span lang="zh">`; text directly in a marked element stays.

    Where a text has other words too, one span holds it all: in a row of boxes it must stay one box.

    >>> marked("<p>Lead unit: 示例公司〔2026〕1号 (Changchun)</p>")
    '<p><span>Lead unit: <span lang="zh">示例公司〔2026〕1号</span> (Changchun)</span></p>'
    >>> marked("<td> 示例研究院 </td>")
    '<td> <span lang="zh">示例研究院</span> </td>'
    >>> marked('<td lang="zh">示例</td><option>示例</option><a title="1 > 0 示例">x</a>')
    '<td lang="zh">示例</td><option>示例</option><a title="1 > 0 示例">x</a>'
    """
    pieces = html.split("<")
    for place, piece in enumerate(pieces):
        if piece.isascii() or piece.startswith(_WITHOUT):
            continue
        tag, end, text = piece.partition(">")
        if end and not tag.count('"') % 2 and 'lang="zh' not in tag:  # an odd one: that > stands in an attribute
            pieces[place] = f"{tag}>{_text(text)}"
    return "<".join(pieces)


def _text(text: str) -> str:
    words = text.strip()
    if not _WORDS.search(words):
        return text
    spans = _WORDS.sub(_span, words)
    before, _, after = text.partition(words)
    return f"{before}{spans if _WORDS.fullmatch(words) else f'<span>{spans}</span>'}{after}"


def _span(words: re.Match[str]) -> str:
    return f'<span lang="zh">{words[0]}</span>'


def _mark(response: Response) -> Response:
    whole = response.mimetype == "text/html" and not response.is_streamed and not response.direct_passthrough
    if whole and language() == "en" and (page := response.get_data(as_text=True)):
        response.set_data(marked(page))
    return response
