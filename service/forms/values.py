"""One field's value: what is empty, what is kept of data given by a process, and what a person typed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from service.forms.expressions import Evaluator, Scope, plain, text_of
from service.forms.formats import FORMATS, MOMENTS
from service.forms.limits import CHOICES as MOST_CHOICES
from service.forms.limits import DIGITS, NUMBER_CHARACTERS
from service.forms.model import CHOICES, MULTIPLE, TEXTS, Node

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_WIDE = str.maketrans("０１２３４５６７８９．＋－，　", "0123456789.+-, ")  # what a Chinese keyboard types; ² is no 2
_TICKED = frozenset({"true", "on", "1"})
_BREAKS: Final = re.compile(r"[\r\n\t]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice; values are texts, since that is what a browser sends."""

    value: str
    label: str


def empty(node: Node) -> Any:
    """form-js's empty value of a field."""
    if node.type in TEXTS:
        return ""
    if node.type in MULTIPLE:
        return []
    return False if node.type == "checkbox" and not node.answers else None


def is_empty(value: Any) -> bool:
    """Nothing entered."""
    return value is None or value in ("", [])


def number(value: Any) -> Decimal | None:
    """A decimal number as JSON or a person writes it: digits of any width (１２), no hexadecimal, no infinity.

    >>> number("１2.50"), number("0x10"), number(True)
    (Decimal('12.50'), None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    text = str(value).translate(_WIDE).strip()
    if len(text) > NUMBER_CHARACTERS or _NUMBER.fullmatch(text) is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def typed_number(text: str) -> Decimal | None:
    """A number as people type it, with separators between thousands.

    >>> typed_number("1,234.50"), typed_number("1，234"), typed_number("一千")
    (Decimal('1234.50'), Decimal('1234'), None)
    """
    return number(text.translate(_WIDE).replace(",", "").replace(" ", ""))


def too_precise(value: Any) -> bool:
    """Whether a number has more digits than every JSON reader keeps, before or after the point."""
    found = number(value)
    if found is None:
        return False
    digits = found.normalize().as_tuple()
    return len(digits.digits) > DIGITS or found.adjusted() >= DIGITS


def options(node: Node, scope: Scope, evaluator: Evaluator) -> list[Option]:
    """The choices of a field, from values, valuesKey (a dotted name in the scope) or valuesExpression.

    As in form-js an item is a value, or {label, value}; empty values are dropped. Numbers become texts.
    """
    raw = node.raw
    if "values" in raw:
        source = raw["values"]
    elif "valuesKey" in raw:
        source = plain(_dig(scope, str(raw["valuesKey"])))
    else:
        source = plain(evaluator.value(str(raw.get("valuesExpression", "")), scope))
    found = (_option(item) for item in (source[:MOST_CHOICES] if isinstance(source, list) else ()))
    return list({option.value: option for option in found if option is not None}.values())


def static_options(node: Node) -> frozenset[str] | None:
    """The values that a field may take, where the form itself lists them."""
    return frozenset(option.value for option in listed_options(node)) if "values" in node.raw else None


def listed_options(node: Node) -> list[Option]:
    """The choices that the form itself lists."""
    found = (_option(item) for item in node.raw.get("values", ()))
    return [option for option in found if option is not None]


def _dig(scope: Mapping[str, Any], dotted: str) -> Any:
    value: Any = scope
    for part in dotted.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def _option(item: Any) -> Option | None:
    value, label = (item.get("value"), item.get("label")) if isinstance(item, Mapping) else (item, None)
    if value is None or value == "" or isinstance(value, list | Mapping):
        return None
    text = as_text(value)
    return Option(text, label if isinstance(label, str) and label else text)


def as_text(value: Any) -> str:
    """A scalar as a control holds it."""
    if value is None or isinstance(value, list | dict):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return text_of(number(value))
    return str(value)


def sanitise(node: Node, value: Any) -> Any:
    """What is kept of data a process gives (prefill): a value of the wrong kind silently becomes the empty one."""
    if node.type in TEXTS:
        text = as_text(value)
        return _BREAKS.sub(" ", text) if node.type == "textfield" else text
    if node.type in CHOICES:
        return _allowed(node, value)
    if node.type == "number":
        found = number(value)
        return None if found is None else _number_as_kept(node, found)
    if node.type == "checkbox":
        return _ticked(node, value)
    if node.type == "datetime":
        return value if is_moment(node, value) else None
    if node.type == "filepicker":
        return [item for item in value if isinstance(item, str)] or None if isinstance(value, list) else None
    return value


def _ticked(node: Node, value: Any) -> bool | None:
    """A box is ticked or not; one that must be decided may also be open yet."""
    return value if isinstance(value, bool) else empty(node)


def _allowed(node: Node, value: Any) -> Any:
    known = static_options(node)
    given: Collection[Any] = value if isinstance(value, list) else [value]
    kept = [text for text in map(as_text, given) if text and (known is None or text in known)]
    if node.type in MULTIPLE:
        return kept if isinstance(value, list) else []
    return kept[0] if kept and not isinstance(value, list) else None


def typed(node: Node, texts: list[str]) -> tuple[Any, str]:
    """The value of what a browser sent, and the code of what is wrong with it: nothing wrong is dropped silently."""
    last = _CONTROL.sub("", texts[-1]) if texts else ""
    if node.type in MULTIPLE:
        return list(dict.fromkeys(text for text in texts if text)), ""
    if node.type == "filepicker":
        return _files(node, texts), ""
    if node.type == "checkbox":
        return (last in _TICKED if last else empty(node)), ""
    if node.type == "textfield":
        return _BREAKS.sub(" ", last).strip(), ""
    if node.type == "textarea":
        return last.replace("\r\n", "\n").replace("\r", "\n").strip(), ""
    return _scalar(node, last.strip())


def _scalar(node: Node, text: str) -> tuple[Any, str]:
    if not text:
        return None, ""
    if node.type == "number":
        found = typed_number(text)
        return (text, "not-a-number") if found is None else (_number_as_kept(node, found), "")
    if node.type == "datetime" and not is_moment(node, text):
        return text, f"not-a-{node.raw.get('subtype', 'date')}"
    return text, ""


def _files(node: Node, texts: list[str]) -> list[str] | None:
    """Ids of attachments; where only one is taken, the newest, which the page sends last."""
    kept = list(dict.fromkeys(text for text in texts if text))
    return (kept if node.raw.get("multiple") is True else kept[-1:]) or None


def cleaned(node: Node, value: Any) -> Any:
    """A value of a JSON body, trimmed as a typed one is; its kind is judged by the schema."""
    if isinstance(value, str) and node.type in TEXTS:
        return typed(node, [value])[0]
    return exact(node, value)


def exact(node: Node, value: Any) -> Any:
    """A number of stored JSON as int or Decimal again; anything else as it is, to be judged."""
    found = number(value) if node.type == "number" and not isinstance(value, str) else None
    return value if found is None else _number_as_kept(node, found)


def _number_as_kept(node: Node, value: Decimal) -> Any:
    return format(value, "f") if node.raw.get("serializeToString") is True else plain(value)


def is_moment(node: Node, value: Any) -> bool:
    """Whether a date, time or both is written as its field asks."""
    kind = MOMENTS.get(str(node.raw.get("subtype", "date")), "date")
    return isinstance(value, str) and FORMATS[kind](value)
