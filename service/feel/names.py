"""Names that are no plain identifier, such as `date and time`, found in a text by knowing them beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

IDENTIFIER = re.compile(r"[^\W\d][\w\u00b7]*|[\U00010000-\U000EFFFF?][\w\U00010000-\U000EFFFF]*")
_PLAIN = re.compile(r"[^\W\d]\w*")
_TOKEN = re.compile(r"\w+|[^\w\s]")


@lru_cache(maxsize=4096)
def _pattern(name: str) -> re.Pattern[str]:
    """How a name may be written: any run of blanks between words, blanks or none around other signs."""
    tokens = _TOKEN.findall(name)
    text = re.escape(tokens[0])
    for before, token in pairwise(tokens):
        both_words = before[-1].isalnum() and token[0].isalnum()
        text += (r"\s+" if both_words else r"\s*") + re.escape(token)
    return re.compile(text + (r"(?!\w)" if re.match(r"\w", tokens[-1]) else ""))


class KnownNames:
    """Names to be recognised although they hold blanks or operators; the longest fits first."""

    __slots__ = ("_by_first", "names")

    def __init__(self, names: Iterable[str]) -> None:
        self.names: frozenset[str] = frozenset()
        self._by_first: dict[str, tuple[str, ...]] = {}
        self._add(name for name in names if name.strip() and not _PLAIN.fullmatch(name))

    def _add(self, names: Iterable[str]) -> None:
        more = set(names) - self.names
        self.names |= more
        for name in more:
            first = name.lstrip()[0]
            self._by_first[first] = tuple(sorted((*self._by_first.get(first, ()), name), key=len, reverse=True))

    def plus(self, names: Iterable[str]) -> KnownNames:
        """These names and more."""
        more = [name for name in names if name not in self.names and name.strip() and not _PLAIN.fullmatch(name)]
        if not more:
            return self
        both = KnownNames(())
        both.names, both._by_first = self.names, dict(self._by_first)
        both._add(more)
        return both

    def match(self, text: str, at: int) -> tuple[str, int] | None:
        """The known name that stands at an offset, and where it ends."""
        for name in self._by_first.get(text[at : at + 1], ()):
            found = _pattern(name).match(text, at)
            if found:
                return name, found.end()
        return None
