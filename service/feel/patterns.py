"""Regular expressions of XPath, as FEEL has them, run in linear time by RE2."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

MAX_PATTERN = 1_000
_MAX_MEMORY = 8 << 20
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
_NEGATED = {"I": r"\p{L}_:", "C": r"\p{L}\p{M}\p{Nd}_:.\-"}
_BLOCKS = {
    "IsBasicLatin": r"\x00-\x7f",
    "IsLatin-1Supplement": r"\x{80}-\x{ff}",
    "IsGreek": r"\x{370}-\x{3ff}",
    "IsCyrillic": r"\x{400}-\x{4ff}",
    "IsHiragana": r"\x{3040}-\x{309f}",
    "IsKatakana": r"\x{30a0}-\x{30ff}",
    "IsCJKUnifiedIdeographs": r"\x{4e00}-\x{9fff}",
}
_PROPERTY = re.compile(r"\\([pP])\{(\w[\w-]*)\}")
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}
_LAST = 0x10FFFF
Item = str | tuple[int, int]  # of a class: what an escape stands for, or a span of characters
_BLOCK = re.compile(r"\\([pP])\{(Is[^}]*)\}")


class PatternError(ValueError):
    """A pattern that XPath, or RE2, does not allow."""


class _Translation:
    """One pattern on its way from XPath to RE2."""

    def __init__(self, pattern: str, *, extended: bool) -> None:
        self.pattern = pattern
        self.extended = extended
        self.at = 0
        self.out: list[str] = []

    def result(self) -> str:
        while self.at < len(self.pattern):
            sign = self.pattern[self.at]
            if sign == "\\":
                self.out.append(self._escape(inside=False))
            elif sign == "[":
                self.out.append(self._class())
            else:
                self.at += 1
                if not (self.extended and sign in " \t\n\r"):
                    self.out.append(sign)
        return "".join(self.out)

    def _escape(self, *, inside: bool) -> str:
        block = _BLOCK.match(self.pattern, self.at)
        if block:
            self.at = block.end()
            return self._block(block[2], negative=block[1] == "P", inside=inside)
        letter = self.pattern[self.at + 1 : self.at + 2]
        self.at += 2
        if letter in _CLASSES:
            return _CLASSES[letter] if inside else f"[{_CLASSES[letter]}]"
        if letter in _NEGATED:
            if inside:
                raise PatternError(self.pattern)
            return f"[^{_NEGATED[letter]}]"
        if not letter or (letter.isalnum() and letter not in "ntrpP"):
            raise PatternError(self.pattern)
        return "\\" + letter

    def _block(self, name: str, *, negative: bool, inside: bool) -> str:
        if name not in _BLOCKS or (negative and inside):
            raise PatternError(self.pattern)
        return _BLOCKS[name] if inside else f"[{'^' if negative else ''}{_BLOCKS[name]}]"

    def _class(self) -> str:
        negative, items = self._items()
        if not self.pattern.startswith("-[", self.at):
            self._close()
            return f"[{'^' if negative else ''}{''.join(map(_written, items))}]"
        self.at += 1
        taken_negative, taken = self._items()
        self._close()
        self._close()
        # RE2 knows no subtraction of classes and would read it as something else
        left = _intersection(_spans(items, negative), _spans(taken, not taken_negative))
        return f"[{''.join(map(_written, left))}]" if left else r"[^\x00-\x{10ffff}]"

    def _close(self) -> None:
        if not self.pattern.startswith("]", self.at):
            raise PatternError(self.pattern)
        self.at += 1

    def _items(self) -> tuple[bool, list[Item]]:
        """What a class lists, up to its closing bracket or a subtraction, and whether it is a negative one."""
        self.at += 1
        negative = self.pattern.startswith("^", self.at)
        self.at += negative
        items: list[Item] = []
        while not self.pattern.startswith(("]", "-["), self.at):
            sign = self.pattern[self.at : self.at + 1]
            if sign in ("", "["):
                raise PatternError(self.pattern)
            if self.extended and sign in " \t\n\r":
                self.at += 1
                continue
            items.append(self._item())
        if not items:
            raise PatternError(self.pattern)
        return negative, items

    def _item(self) -> Item:
        first = self._sign()
        if isinstance(first, str):
            return first
        following = self.pattern[self.at + 1 : self.at + 2]
        if not self.pattern.startswith("-", self.at) or following in ("", "]", "["):
            return first, first
        self.at += 1
        last = self._sign()
        if isinstance(last, str) or last < first:
            raise PatternError(self.pattern)
        return first, last

    def _sign(self) -> int | str:
        """A character of a class as its code, or what an escape stands for."""
        sign = self.pattern[self.at]
        if sign != "\\":
            self.at += 1
            return ord(sign)
        letter = self.pattern[self.at + 1 : self.at + 2]
        if letter in ("p", "P"):
            found = _PROPERTY.match(self.pattern, self.at)
            if not found:
                raise PatternError(self.pattern)
            if not found[2].startswith("Is"):
                self.at = found.end()
                return found[0]
        escaped = self._escape(inside=True)
        return ord(_CONTROLS.get(letter, letter)) if len(escaped) == 2 and letter not in _CLASSES else escaped


def _written(item: Item) -> str:
    return item if isinstance(item, str) else rf"\x{{{item[0]:x}}}-\x{{{item[1]:x}}}"


def _spans(items: list[Item], negative: bool) -> list[Item]:
    """The characters of a class as spans in order. Raises PatternError where an escape stands for too many."""
    if any(isinstance(item, str) for item in items):
        raise PatternError("class subtraction with an escape")
    spans = sorted(item for item in items if not isinstance(item, str))
    if not negative:
        return list(spans)
    gaps: list[Item] = []
    begin = 0
    for first, last in spans:
        if first > begin:
            gaps.append((begin, first - 1))
        begin = max(begin, last + 1)
    return [*gaps, (begin, _LAST)] if begin <= _LAST else gaps


def _intersection(left: list[Item], right: list[Item]) -> list[Item]:
    return [
        (max(one[0], other[0]), min(one[1], other[1]))
        for one in left
        for other in right
        if not isinstance(one, str) and not isinstance(other, str) and max(one[0], other[0]) <= min(one[1], other[1])
    ]


@lru_cache(maxsize=512)
def compiled(pattern: str, flags: str) -> Any:
    """The compiled pattern; flags out of s, m, i, x, q. Raises PatternError."""
    if len(pattern) > MAX_PATTERN or not set(flags) <= set("smixq"):
        raise PatternError(pattern)
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    options.literal = "q" in flags
    options.case_sensitive = "i" not in flags
    options.dot_nl = "s" in flags
    translated = pattern if "q" in flags else _Translation(pattern, extended="x" in flags).result()
    if "m" in flags and "q" not in flags:
        translated = "(?m)" + translated
    try:
        return re2.compile(translated, options)
    except re2.error as problem:
        raise PatternError(pattern) from problem
