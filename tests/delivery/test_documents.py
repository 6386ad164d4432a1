"""Letters as PDF: the Chinese font is in, the words are all there, and no words of a letter are ever code."""

from __future__ import annotations

import json
import re
import threading
from datetime import date
from typing import Any

import pytest

from service.delivery.documents import Letter, Typst, page_data, qr_svg

TYPST = Typst()


def make_letter(**over: Any) -> Letter:
    values: dict[str, Any] = {
        "title": "关于同意备案的通知",
        "body": "经研究，**同意**备案。\n\n| 项 | 数 |\n|--|--:|\n| 喆堃玥祎䶮 | 1 |\n\n1. 一\n2. 二\n",
        "issuer": "长春市科学技术局",
        "number": "长创联备〔2025〕3号",
        "addressee": "长春一汽有限公司",
        "issued_on": date(2025, 5, 8),
        "code": "7F3K-92QX-LM4D",
        "code_url": "https://shenbao.example/verify/7F3K92QXLM4D",
    }
    return Letter(**{**values, **over})


def test_a_letter_is_a_pdf_with_its_font_and_the_same_bytes_each_time() -> None:
    pdf = TYPST.pdf(make_letter())
    assert pdf.startswith(b"%PDF-")
    assert b"NotoSansCJK" in pdf
    assert pdf == Typst().pdf(make_letter())


def test_a_draft_shows_it_on_the_page() -> None:
    assert TYPST.png(make_letter(draft=True)) != TYPST.png(make_letter())


def test_pages_are_counted() -> None:
    pages = TYPST.png(make_letter(body="第一段。\n\n" * 40), ppi=20)
    assert len(pages) > 1


HOSTILE = [
    '#eval("1+1")',
    '#read("/etc/passwd")',
    "#set page(fill: red)",
    "$ x $ @label <label> `#1`",
    '"}) #panic("x")',
    "\\u{41} \\#x",
    "\0\x01\x1f",
    "\ud800",
    "\u202e abc",
    "[]()",
    "# ",
    "- \n- ",
    "| |\n|-|",
    "````",
    "<script>",
    "{{ 7*7 }}",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_is_typesetting_code(text: str) -> None:
    letter = Letter(title=text, body=text, issuer=text, number=text, addressee=text, code=text)
    assert TYPST.pdf(letter).startswith(b"%PDF-")


def test_hostile_words_are_data_to_the_page() -> None:
    data = page_data(make_letter(body='#eval("1+1")', title='#read("x")'))
    assert data["title"] == '#read("x")'
    assert data["blocks"] == [{"kind": "paragraph", "runs": [{"text": '#eval("1+1")'}]}]
    assert json.loads(json.dumps(data)) == data


def test_a_letter_may_be_almost_empty() -> None:
    assert TYPST.pdf(Letter(title="", body="")).startswith(b"%PDF-")


def test_the_english_page_says_its_few_own_words_in_english() -> None:
    data = page_data(make_letter(language="en"))
    assert (data["code_label"], data["signature"]) == ("Version code", ["长春市科学技术局", "8 May 2025"])


def test_the_qr_code_is_an_image_of_its_own() -> None:
    assert re.match(r"<svg [^>]*width=", qr_svg("https://shenbao.example/verify/X"))


def test_threads_share_the_typesetter() -> None:
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(TYPST.pdf(make_letter()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1
