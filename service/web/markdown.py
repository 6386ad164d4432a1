"""Markdown of notices, letters and descriptions as safe HTML: parsed without raw HTML, then cleaned."""

from __future__ import annotations

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_TAGS = {
    "p", "br", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "blockquote", "hr",
    "table", "thead", "tbody", "tr", "th", "td", "code", "a",
}  # fmt: skip


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")


def to_html(text: str) -> Markup:
    """The text as HTML. Headings start at the second level, because the page has the first."""
    html = _parser().render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    html = html.replace("<table>", '<table class="tbl">')
    cleaned = nh3.clean(
        html, tags=_TAGS, attributes={"a": {"href"}, "table": {"class"}}, url_schemes={"https", "http", "mailto"}
    )
    return Markup(cleaned)  # noqa: S704 # cleaned to the list of tags above
