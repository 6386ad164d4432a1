"""The posted pairs of a form: which are the form's own fields, a row more or less without any script, its shape."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

from service.forms import FormView
from service.web.security import TOKEN_FIELD

Pair = tuple[str, str]

REVISION, REQUEST, DRAFT, SUBMIT, ADD, REMOVE, SHAPE, IMPORT = (
    "_revision", "_key", "_draft", "_submit", "_add", "_remove", "_shape", "_import",
)  # fmt: skip
OWN: Final = frozenset({REVISION, REQUEST, DRAFT, SUBMIT, ADD, REMOVE, SHAPE, IMPORT, TOKEN_FIELD})
ROW_MARK: Final = "_row"


def of_form(pairs: Iterable[Pair]) -> list[Pair]:
    """The pairs that belong to the form itself."""
    return [(name, value) for name, value in pairs if name not in OWN]


def with_row(pairs: Sequence[Pair], name: str) -> list[Pair]:
    """The pairs with one empty row more at the end of the list `name`.

    >>> with_row([("members[0]._row", "1")], "members")
    [('members[0]._row', '1'), ('members[1]._row', '1')]
    """
    numbers = [number for number in (_number(pair, name) for pair, _ in pairs) if number is not None]
    return [*pairs, (f"{name}[{max(numbers, default=-1) + 1}].{ROW_MARK}", "1")]


def without_row(pairs: Sequence[Pair], row: str) -> list[Pair]:
    """The pairs without one row; who reads them closes the gap, so that stored parts of the other rows stay theirs.

    >>> without_row([("m[0].a", "x"), ("m[1].a", "y"), ("n", "z")], "m[0]")
    [('m[1].a', 'y'), ('n', 'z')]
    """
    return [(name, value) for name, value in pairs if name != row and not name.startswith(f"{row}.")]


def shape_of(shown: FormView) -> str:
    """A short digest of which fields there are and what is written beside them, without what is entered in them."""
    parts: list[str] = []

    def walk(lines: Iterable[Any]) -> None:
        for line in lines:
            for one in line.fields:
                options = [option.value for option in one.options]
                written = one.text if one.readonly else ""
                parts.append(f"{one.kind}|{one.id}|{one.label}|{one.help}|{one.readonly}|{written}|{options}")
                parts.append(str(getattr(one.part, "markup", "") or "") + str(getattr(one.part, "cells", "") or ""))
                walk(one.lines)
                for row in one.rows:
                    walk(row.lines)

    walk(shown.lines)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _number(pair: str, name: str) -> int | None:
    """The row of the list `name` that a pair belongs to."""
    if not pair.startswith(f"{name}["):
        return None
    digits, closed, _ = pair[len(name) + 1 :].partition("]")
    return int(digits) if closed and digits.isdecimal() and len(digits) < 5 else None
