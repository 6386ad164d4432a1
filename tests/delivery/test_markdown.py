"""One Markdown for mail, pages and print; nothing of it is ever active."""

from __future__ import annotations

import pytest

from service.delivery.markdown import blocks, to_html, to_text

LETTER = """# 通知

第一行
第二行 abc
def

| 项 | 数 |
|:--|--:|
| 甲\\|乙 | 1 |

1. 一
2. 二
   - 内

> 引

[附件](https://example.org/a) **重** *斜* ~~删~~ `码`\\
断行
"""


def test_text_keeps_the_words_and_their_order() -> None:
    assert to_text(LETTER) == (
        "通知\n\n第一行第二行 abc def\n\n项\t数\n甲|乙\t1\n\n1. 一\n2. 二\n- 内\n\n> 引\n\n"
        "附件 (https://example.org/a) 重 斜 删 码\n断行\n"
    )


def test_blocks_are_plain_data() -> None:
    kinds = [block["kind"] for block in blocks(LETTER)]
    assert kinds == ["heading", "paragraph", "table", "list", "quote", "paragraph"]
    table = blocks(LETTER)[2]
    assert table["align"] == ["left", "right"]
    assert table["rows"][1] == [[{"text": "甲|乙"}], [{"text": "1"}]]
    assert blocks(LETTER)[-1]["runs"][0] == {"text": "附件", "link": "https://example.org/a"}


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "![a](https://example.org/track.png)",
        '<a href="https://example.org" onclick="x">a</a>',
        "<style>body{display:none}</style>",
    ],
)
def test_html_has_nothing_that_runs_or_loads(hostile: str) -> None:
    html = to_html(hostile)
    for tag in (
        "<script",
        "<img",
        "<style",
        '<a href="javascript',
        '<a href="data',
        '<a href="https://example.org" on',
    ):
        assert tag not in html


def test_html_keeps_tables_and_links() -> None:
    html = to_html(LETTER)
    assert '<td style="text-align:right">1</td>' in html
    assert 'href="https://example.org/a"' in html
