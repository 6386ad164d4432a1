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
    "i": r"\p{L}_:",
    "c": r"\p{L}\p{M}\p{Nd}_:.\-",
}
_NEGATED = {"S": r" \t\n\r", "I": r"\p{L}_:", "C": r"\p{L}\p{M}\p{Nd}_:.\-"}
_BLOCKS = {
    "IsBasicLatin": r"\x00-\x7f",
    "IsLatin-1Supplement": r"\x{80}-\x{ff}",
    "IsGreek": r"\x{370}-\x{3ff}",
    "IsCyrillic": r"\x{400}-\x{4ff}",
    "IsHiragana": r"\x{3040}-\x{309f}",
    "IsKatakana": r"\x{30a0}-\x{30ff}",
    "IsCJKUnifiedIdeographs": r"\x{4e00}-\x{9fff}",
}
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
        self.at += 1
        text = "["
        if self.pattern.startswith("^", self.at):
            text, self.at = "[^", self.at + 1
        while True:
            sign = self.pattern[self.at : self.at + 1]
            if sign == "":
                raise PatternError(self.pattern)
            if sign == "]" and len(text.rstrip("^")) > 1:
                self.at += 1
                return text + "]"
            if sign == "[" or self.pattern.startswith("-[", self.at):
                # class subtraction: RE2 would take it for something else
                raise PatternError(self.pattern)
            if sign == "\\":
                text += self._escape(inside=True)
            else:
                self.at += 1
                text += "" if self.extended and sign in " \t\n\r" else sign


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
