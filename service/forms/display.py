"""A value as its reader sees it, and as its control holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from service.domain.errors import Language
from service.domain.written import written
from service.forms.model import Node
from service.forms.values import Option, as_text, is_empty, number
from service.forms.words import WORDS

_UNITS: Mapping[str, tuple[str, str]] = {
    "money-wan": ("万元", "×10,000 yuan"),
    "money-yuan": ("元", "yuan"),
    "percent": ("%", "%"),
}


def control_text(node: Node, value: Any) -> str:
    """What stands in a text box: a number without separators, everything else as entered."""
    found = number(value) if node.type == "number" and not isinstance(value, str) else None
    return as_text(value) if found is None else format(found, "f")


def unit(node: Node, lang: Language) -> str:
    """The unit that a number's format says."""
    zh, en = _UNITS.get(node.format, ("", ""))
    return en if lang == "en" else zh


def display_text(node: Node, value: Any, choices: Sequence[Option], lang: Language) -> str:
    """A value in words; empty is a dash."""
    words = WORDS[lang]
    if node.type == "checkbox" and not node.answers:
        return words["yes"] if value is True else words["no"]
    if is_empty(value):
        return words["nothing"]
    labels = {option.value: option.label for option in choices}
    if isinstance(value, list):
        return words["list_separator"].join(labels.get(as_text(item), as_text(item)) for item in value)
    if choices:
        return labels.get(as_text(value), as_text(value))
    if node.type == "datetime":
        return moment_text(str(value), lang)
    found = number(value) if node.type == "number" else None
    return as_text(value) if found is None else number_text(node, found)


def number_text(node: Node, value: Decimal) -> str:
    """A number for reading: money with separators and its digits, others as they are."""
    if not node.format.startswith("money"):
        return format(value, "f")
    return f"{value:,.{node.digits}f}"


def moment_text(text: str, lang: Language) -> str:
    """A date, a time or both for reading.

    >>> moment_text("2026-03-31", "zh"), moment_text("2026-03-31T09:30", "en"), moment_text("soon", "zh")
    ('2026年3月31日', '31 March 2026, 09:30', 'soon')
    """
    day, _, hour = text.partition("T")
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return text
    return written(found, lang) + (f"{', ' if lang == 'en' else ' '}{hour}" if hour else "")
