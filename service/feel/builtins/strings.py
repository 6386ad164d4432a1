"""String functions; positions count characters from 1."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from service.feel.builtins.registry import builtin
from service.feel.patterns import compiled, steps_to_read
from service.feel.run import Run
from service.feel.text import write
from service.feel.values import Value

_REFERENCE = re.compile(r"\\([\\$])|\$(\d+)|([\\$])")


@builtin("string", "from: any", needs_run=True)
def _string(run: Run, value: Value) -> Value:
    return None if value is None else write(value, run.budget)


@builtin("string length", "string: string")
def _string_length(text: str) -> Decimal:
    return Decimal(len(text))


@builtin("upper case", "string: string")
def _upper_case(text: str) -> str:
    return text.upper()


@builtin("lower case", "string: string")
def _lower_case(text: str) -> str:
    return text.lower()


@builtin("trim", "string: string")
def _trim(text: str) -> str:
    return text.strip()


@builtin("substring", "string: string, start position: number, length: number?")
def _substring(text: str, start: Decimal, length: Decimal | None = None) -> Value:
    begin = int(start) - 1 if start > 0 else len(text) + int(start)
    if int(start) == 0 or begin < 0:
        return None
    if length is None:
        return text[begin:]
    return text[begin : begin + int(length)] if length >= 1 else None


@builtin("substring before", "string: string, match: string")
def _substring_before(text: str, match: str) -> str:
    return text.partition(match)[0] if match and match in text else ""


@builtin("substring after", "string: string, match: string")
def _substring_after(text: str, match: str) -> str:
    return text.partition(match)[2] if match else text


@builtin("contains", "string: string, match: string")
def _contains(text: str, match: str) -> bool:
    return match in text


@builtin("starts with", "string: string, match: string")
def _starts_with(text: str, match: str) -> bool:
    return text.startswith(match)


@builtin("ends with", "string: string, match: string")
def _ends_with(text: str, match: str) -> bool:
    return text.endswith(match)


def _pattern(run: Run, pattern: str, flags: str | None = None) -> Any:
    run.budget.spend(steps_to_read(pattern))
    return compiled(pattern, flags or "")


@builtin("matches", "input: string, pattern: string, flags: string?", needs_run=True)
def _matches(run: Run, text: str, pattern: str, flags: str | None = None) -> bool:
    return _pattern(run, pattern, flags).search(text) is not None


@builtin("split", "string: string, delimiter: string", needs_run=True)
def _split(run: Run, text: str, delimiter: str) -> Value:
    pattern = _pattern(run, delimiter)
    parts: list[str] = []
    begin = 0
    for found in pattern.finditer(text):
        if found.end() > found.start():
            parts.append(text[begin : found.start()])
            begin = found.end()
    return [*parts, text[begin:]]


@builtin("replace", "input: string, pattern: string, replacement: string, flags: string?", needs_run=True)
def _replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None = None) -> Value:
    found = _pattern(run, pattern, flags)
    if found.search("") is not None:
        return None  # XPath forbids a pattern that matches nothing at all
    pieces = [(replacement, -1)] if "q" in (flags or "") else _pieces(replacement, found.groups)
    if pieces is None:
        return None
    parts: list[str] = []
    begin = 0
    for match in found.finditer(text):
        parts.append(text[begin : match.start()])
        parts.extend(literal if group < 0 else (match[group] or "") for literal, group in pieces)
        begin = match.end()
        run.budget.spend(1 + (len(parts[-1]) + len(replacement)) // 16)
    return "".join([*parts, text[begin:]])


def _pieces(replacement: str, groups: int) -> list[tuple[str, int]] | None:
    """The replacement as texts and numbers of groups; a text has the group -1. None where it is malformed."""
    pieces: list[tuple[str, int]] = []
    begin = 0
    for found in _REFERENCE.finditer(replacement):
        if found[3]:
            return None
        pieces.append((replacement[begin : found.start()], -1))
        if found[1]:
            pieces.append((found[1], -1))
        else:
            pieces.extend(_group(found[2], groups))
        begin = found.end()
    return [*pieces, (replacement[begin:], -1)]


def _group(digits: str, groups: int) -> list[tuple[str, int]]:
    """As many digits as name an existing group, the rest as text; a single digit without a group is empty."""
    for length in range(len(digits), 0, -1):
        if int(digits[:length]) <= groups:
            return [("", int(digits[:length])), (digits[length:], -1)]
    return [(digits[1:], -1)]


@builtin("string join", "list: list, delimiter: string?", needs_run=True)
def _string_join(run: Run, parts: list[Any], delimiter: str | None = None) -> Value:
    texts = [part for part in parts if part is not None]
    if not all(type(part) is str for part in texts):
        return None
    run.budget.spend(sum(map(len, texts)) // 16 + len(texts) * len(delimiter or "") // 16)
    return (delimiter or "").join(texts)
