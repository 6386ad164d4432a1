"""Which characters an escape of an XPath regular expression stands for, for RE2 and as spans of code points."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby

Span = tuple[int, int]  # both ends included

LAST = 0x10FFFF
# RE2 knows only ASCII here, XPath means all scripts
_CLASSES = {
    "d": r"\p{Nd}",
    "D": r"\P{Nd}",
    "w": r"\p{L}\p{M}\p{N}\p{S}",
    "W": r"\p{P}\p{Z}\p{C}",
    "s": r" \t\n\r",
    "S": r"\x00-\x08\x0b\x0c\x0e-\x1f\x21-\x{10ffff}",
    "i": r"\p{L}_:",
    "c": r"\p{L}\p{M}\p{Nd}_:.\-",
}
_CATEGORIES: dict[str, tuple[str, str]] = {  # the categories of a letter, and single characters beside them
    "d": ("Nd", ""),
    "w": ("L M N S", ""),
    "s": ("", " \t\n\r"),
    "i": ("L", "_:"),
    "c": ("L M Nd", "_:.-"),
}
_BLOCKS: dict[str, Span] = {
    "IsBasicLatin": (0x00, 0x7F),
    "IsLatin-1Supplement": (0x80, 0xFF),
    "IsLatinExtended-A": (0x100, 0x17F),
    "IsGreek": (0x370, 0x3FF),
    "IsGreekandCoptic": (0x370, 0x3FF),
    "IsCyrillic": (0x400, 0x4FF),
    "IsHebrew": (0x590, 0x5FF),
    "IsArabic": (0x600, 0x6FF),
    "IsGeneralPunctuation": (0x2000, 0x206F),
    "IsCJKSymbolsandPunctuation": (0x3000, 0x303F),
    "IsHiragana": (0x3040, 0x309F),
    "IsKatakana": (0x30A0, 0x30FF),
    "IsCJKUnifiedIdeographsExtensionA": (0x3400, 0x4DBF),
    "IsCJKUnifiedIdeographs": (0x4E00, 0x9FFF),
    "IsHangulSyllables": (0xAC00, 0xD7AF),
    "IsHalfwidthandFullwidthForms": (0xFF00, 0xFFEF),
}
LETTERS = frozenset("dDwWsSiIcC")


class PatternError(ValueError):
    """A pattern that XPath, or RE2, does not allow."""


def in_brackets(letter: str, name: str) -> str:
    """An escape as it stands between the brackets of an RE2 class; `name` is that of a property."""
    if letter in _CLASSES:
        return _CLASSES[letter]
    if letter in "pP" and not name.startswith("Is"):
        return rf"\{letter}{{{name}}}"
    return written(spans(letter, name))


def written(characters: Iterable[Span]) -> str:
    """Spans as they stand between brackets."""
    return "".join(rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in characters)


def spans(letter: str, name: str) -> list[Span]:
    """The characters of an escape. Raises PatternError where it is not known which they are."""
    if letter.isupper():
        return complement(spans(letter.lower(), name))
    if letter == "p":
        return [_block(name)] if name.startswith("Is") else _of_categories((name,))
    categories, single = _CATEGORIES[letter]
    return ordered([*_of_categories(tuple(categories.split())), *((ord(sign), ord(sign)) for sign in single)])


def _block(name: str) -> Span:
    if name not in _BLOCKS:
        raise PatternError(name)
    return _BLOCKS[name]


@lru_cache(maxsize=64)
def _category_spans(category: str) -> tuple[Span, ...]:
    """Where the characters of Lu, or of all categories that begin with L, stand; found by going through them all."""
    found: list[Span] = []
    by_category = groupby(range(LAST + 1), lambda code: unicodedata.category(chr(code)).startswith(category))
    for belongs, codes in by_category:
        if belongs:
            first = last = next(codes)
            for last in codes:  # noqa: B007 -- the last of them is what is wanted
                pass
            found.append((first, last))
    return tuple(found)


def _of_categories(categories: tuple[str, ...]) -> list[Span]:
    found = [span for category in categories for span in _category_spans(category)]
    if categories and not found:
        raise PatternError(categories[0])
    return ordered(found)


def ordered(characters: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch joined."""
    joined: list[Span] = []
    for first, last in sorted(characters):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return joined


def complement(characters: Iterable[Span]) -> list[Span]:
    """All other characters."""
    gaps: list[Span] = []
    begin = 0
    for first, last in ordered(characters):
        if first > begin:
            gaps.append((begin, first - 1))
        begin = last + 1
    return [*gaps, (begin, LAST)] if begin <= LAST else gaps


def common(left: list[Span], right: list[Span]) -> list[Span]:
    """What stands in both."""
    gaps = [*complement(left), *complement(right)]
    return complement(gaps)
