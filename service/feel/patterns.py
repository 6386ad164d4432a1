"""Regular expressions of XPath, as FEEL has them, translated to and run in linear time by RE2."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from service.feel.characters import LETTERS, PatternError, Span, common, complement, in_brackets, spans, written

__all__ = ["MAX_PATTERN", "PatternError", "compiled", "steps_to_read"]

MAX_PATTERN = 1_000
_MAX_MEMORY = 8 << 20
_BLANKS = " \t\n\r"
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}
_NAMED = re.compile(r"\{([A-Z][\w-]*)\}")
_COUNT = re.compile(r"\{\d+(?:,\d*)?\}", re.A)
Item = Span | tuple[str, str]  # of a class: a span of characters, or the letter and name of an escape


class _Translation:
    """One pattern on its way from XPath to RE2."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.pattern = _without_blanks(pattern) if "x" in flags else pattern
        self.ignores_case = "i" in flags
        self.dot = "." if "s" in flags else r"[^\n\r]"
        self.at = 0
        self.out: list[str] = []

    def result(self) -> str:
        while self.at < len(self.pattern):
            sign = self.pattern[self.at]
            if sign == "\\":
                self.out.append(self._escape())
            elif sign == "[":
                self.out.append(self._class())
            else:
                self.out.append(self._plain(sign))
        return "".join(self.out)

    def _sees(self, *texts: str) -> bool:
        return self.pattern.startswith(texts, self.at)

    def _plain(self, sign: str) -> str:
        """A sign that is no escape and no class; what RE2 reads otherwise than XPath is refused."""
        found = sign
        if sign == "{":
            count = _COUNT.match(self.pattern, self.at)
            if not count:
                raise PatternError(self.pattern)
            found = count[0]
        elif sign in "]}" or (self._sees("(?") and not self._sees("(?:")):
            raise PatternError(self.pattern)
        self.at += len(found)
        return self.dot if sign == "." else found

    def _escape(self) -> str:
        """An escape outside of brackets."""
        found = self._escaped()
        if isinstance(found, int):
            return rf"\x{{{found:x}}}"
        letter, name = found
        # \p{Lu} means capital letters even where case is ignored
        before = "(?-i:" if self.ignores_case and name else ""
        return f"{before}[{in_brackets(letter, name)}]{')' if before else ''}"

    def _escaped(self) -> int | tuple[str, str]:
        """An escape as the code of one character, or as a letter and the name of a property."""
        letter = self.pattern[self.at + 1 : self.at + 2]
        self.at += 2
        if letter in ("p", "P"):
            named = _NAMED.match(self.pattern, self.at)
            if not named:
                raise PatternError(self.pattern)
            self.at = named.end()
            return letter, named[1]
        if letter and letter in LETTERS:
            return letter, ""
        if not letter or (letter.isalnum() and letter not in _CONTROLS):
            raise PatternError(self.pattern)
        return ord(_CONTROLS.get(letter, letter))

    def _class(self) -> str:
        negative, items = self._items()
        if not self._sees("-["):
            self._close()
            inside = "".join(in_brackets(*item) if isinstance(item[0], str) else written([item]) for item in items)
            return f"[{'^' if negative else ''}{inside}]"
        self.at += 1
        taken = self._taken()
        self._close()
        # RE2 knows no subtraction of classes and would read it as something else
        left = common(_spans(items, negative), complement(taken))
        return f"[{written(left)}]" if left else r"[^\x00-\x{10ffff}]"

    def _taken(self) -> list[Span]:
        """The class that is subtracted, which may subtract another in turn."""
        negative, items = self._items()
        found = _spans(items, negative)
        if self._sees("-["):
            self.at += 1
            found = common(found, complement(self._taken()))
        self._close()
        return found

    def _close(self) -> None:
        if not self._sees("]"):
            raise PatternError(self.pattern)
        self.at += 1

    def _items(self) -> tuple[bool, list[Item]]:
        """What a class lists, up to its closing bracket or a subtraction, and whether it is a negative one."""
        self.at += 1
        negative = self._sees("^")
        self.at += negative
        items: list[Item] = []
        while not self._sees("]", "-["):
            if self.at >= len(self.pattern) or self._sees("["):
                raise PatternError(self.pattern)
            items.append(self._item())
        if not items:
            raise PatternError(self.pattern)
        return negative, items

    def _item(self) -> Item:
        first = self._sign()
        if not isinstance(first, int):
            return first
        following = self.pattern[self.at + 1 : self.at + 2]
        if not self._sees("-") or following in ("", "]", "["):
            return first, first
        self.at += 1
        last = self._sign()
        if not isinstance(last, int) or last < first:
            raise PatternError(self.pattern)
        return first, last

    def _sign(self) -> int | tuple[str, str]:
        if self._sees("\\"):
            return self._escaped()
        self.at += 1
        return ord(self.pattern[self.at - 1])


def _spans(items: list[Item], negative: bool) -> list[Span]:
    found: list[Span] = []
    for item in items:
        found += spans(*item) if isinstance(item[0], str) else [item]
    return complement(found) if negative else complement(complement(found))


def _without_blanks(pattern: str) -> str:
    """The pattern as the flag x means it: blanks count inside brackets only."""
    kept: list[str] = []
    depth, is_escaped = 0, False
    for sign in pattern:
        if depth == 0 and sign in _BLANKS:
            continue
        if not is_escaped:
            depth += (sign == "[") - (sign == "]" and depth > 0)
        is_escaped = sign == "\\" and not is_escaped
        kept.append(sign)
    return "".join(kept)


def steps_to_read(pattern: str) -> int:
    """What it costs to read a pattern: subtracting a class goes through all characters there are."""
    return 1 + len(pattern) // 4 + 500 * pattern.count("-[")


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
    translated = pattern if "q" in flags else _Translation(pattern, flags).result()
    if "m" in flags and "q" not in flags:
        translated = "(?m)" + translated
    try:
        return re2.compile(translated, options)
    except re2.error as problem:
        raise PatternError(pattern) from problem
