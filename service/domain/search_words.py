"""How a text is cut for searching: pairs of neighbouring characters where words have no breaks, whole words elsewhere.

A word for the index is written in the letters a to r, so that every database takes it as one plain word.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import Final

LONGEST_WORD: Final = 40  # of letters and digits; a longer one is found by its beginning
MOST_TERMS: Final = 8
_LETTERS: Final = "abcdefghijklmnop"  # one for each four bits of a character
_PLAIN, _PAIR = "q", "r"


def normal(text: str) -> str:
    """Full-width forms and capitals made alike, blanks drawn together.

    >>> normal("ＣＸ－２０２５　长春")
    'cx-2025 长春'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def words_of(text: str) -> frozenset[str]:
    """The words under which a text stands in the index."""
    return frozenset(word for run, plain in _runs(normal(text)) for word in _indexed(run, plain))


def terms_of(query: str) -> tuple[str, ...]:
    """The terms of a query, parted by blanks; each must be found. More than MOST_TERMS are not looked at."""
    return tuple(normal(query).split()[:MOST_TERMS])


def beginnings_of(term: str) -> frozenset[str]:
    """With what a word of the index must begin, each of them, for a text to hold the term; empty for mere signs."""
    found: set[str] = set()
    for run, plain in _runs(term):
        if plain:
            found.add(_PLAIN + _written(run[:LONGEST_WORD]))
        else:
            pairs = [run[at : at + 2] for at in range(len(run) - 1)]
            found.update(_PAIR + _written(one) for one in pairs or [run])
    return frozenset(found)


def _indexed(run: str, plain: bool) -> Iterator[str]:
    if plain:
        yield _PLAIN + _written(run[:LONGEST_WORD])
        return
    for at in range(len(run)):  # the last character alone is the beginning of a pair that is not there
        yield _PAIR + _written(run[at : at + 2])


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Runs of letters and digits (true) and of characters of a script without breaks (false); signs part them."""
    for kind, run in groupby(text, _kind):
        if kind:
            yield "".join(run), kind == _PLAIN


def _kind(char: str) -> str:
    if not char.isalnum():
        return ""
    return _PLAIN if char.isascii() else _PAIR


def _written(text: str) -> str:
    return "".join(map(_six, text))


@lru_cache(maxsize=8192)  # most of what a script has; a text is made of few of them, over and over
def _six(char: str) -> str:
    """A character as six letters: one length for all keeps beginnings apart."""
    return "".join(_LETTERS[ord(char) >> shift & 15] for shift in (20, 16, 12, 8, 4, 0))
