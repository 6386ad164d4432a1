"""An English page tells a screen reader which of its words are Chinese; nothing else of the page is touched."""

from __future__ import annotations

import doctest
import re
from collections.abc import Callable
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from service.web import chinese_marks
from service.web.chinese_marks import marked
from service.web.i18n import LANGUAGE_COOKIE
from tests.web.conftest import Browser

MARK = re.compile(r'<span lang="zh">([^<]*)</span>')
SPANS = re.compile(r'</?span(?: lang="zh")?>')
WORDS = st.text(alphabet=" ab1>\"'&·（示例）〔2026〕。", max_size=12)
TAGS = st.sampled_from(["p", "td", "option", "title", "textarea", "b"])
ELEMENTS = st.builds(
    lambda tag, title, text: f'<{tag} title="{title.replace(chr(34), "")}">{escape(text, quote=False)}</{tag}>',
    TAGS, WORDS, WORDS,
)  # fmt: skip
PAGES = st.lists(ELEMENTS, max_size=6).map("".join)


def test_examples() -> None:
    assert doctest.testmod(chinese_marks).failed == 0


@pytest.mark.parametrize("plain", ["<!-- 示例 -->", "<svg><text>示例</text></svg>", "<script>示例", "示例"])
def test_what_may_hold_no_element_is_left(plain: str) -> None:
    assert marked(plain) == plain


@given(PAGES)
def test_without_the_marks_the_page_is_what_it_was(page: str) -> None:
    assert SPANS.sub("", marked(page)) == page


@given(WORDS)
def test_a_text_stays_one_box_in_a_row_of_boxes(words: str) -> None:
    cell = html.fromstring(marked(f"<td>{escape(words, quote=False)}</td>"))
    loose = [cell.text or "", *(one.tail or "" for one in cell)]
    assert len(cell) + any(text.strip() for text in loose) <= 1


@given(WORDS)
def test_every_chinese_sign_of_a_paragraph_is_marked(words: str) -> None:
    left = MARK.sub("", marked(f"<p>{escape(words, quote=False)}</p>"))
    assert not {"示", "例"} & {*left}


def test_pages_are_marked_for_who_reads_english_and_for_nobody_else(browse: Callable[[str], Browser]) -> None:
    browser = browse("")
    assert MARK.search(browser.get("/calls").text) is None
    browser.client.set_cookie(LANGUAGE_COOKIE, "en")
    page = browser.get("/calls").text
    assert MARK.search(page), page[:400]
    title = re.search(r"<title>(.*?)</title>", page)
    assert title is not None
    assert "span" not in title[1]
