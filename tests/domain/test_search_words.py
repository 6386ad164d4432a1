"""Cutting texts for the search: whatever stands in a text is found by its words, in Chinese without breaks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.domain.search_words import beginnings_of, normal, terms_of, words_of

TEXT = st.text(alphabet="长春市智能底盘Ａb1９2 -—_%é𠀀", max_size=30)


def found(text: str, term: str) -> bool:
    """As the database does: each word begins with one of the text's, and the text holds the term."""
    words = words_of(text)
    begun = all(any(word.startswith(one) for word in words) for one in beginnings_of(term))
    return begun and term in normal(text)


def test_any_part_of_a_chinese_text_is_found() -> None:
    text = "长春市智能底盘创新联合体"
    for at in range(len(text)):
        for to in range(at + 1, len(text) + 1):
            assert found(text, text[at:to])
    assert not found(text, "底盘智能")


def test_letters_and_digits_are_found_from_the_beginning_of_a_word() -> None:
    assert found("编号 CXLHT-2025-0017 的函", "cxlht-2025-0017")
    assert found("编号 CXLHT-2025-0017 的函", "2025-00")
    assert found("ＣＸ２０２５", "cx20")
    assert not found("CXLHT-2025-0017", "017")


@given(TEXT, TEXT, TEXT)
def test_a_chinese_term_between_any_others_is_found(before: str, term: str, after: str) -> None:
    chinese = "".join(char for char in term if char > "\u4e00" and char.isalnum() and ord(char) < 0xA000)
    for one in terms_of(chinese):
        assert found(before + chinese + after, one)


@given(st.text(max_size=40))
def test_words_are_plain_letters(text: str) -> None:
    assert all(word.isascii() and word.isalpha() and word.islower() for word in words_of(text))
