"""Every formula of a form, with where it stands and whether its value is shown to the reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from service.forms.expressions import is_formula
from service.forms.model import Form, Node
from service.forms.templating import formulas_in

LIMITS = ("min", "max", "minLength", "maxLength")
LATER_THAN = "later-than"  # the property of a date that lies after another
NOT_AFTER = "not-after"  # the property of a date that lies before another, or on it
EACH_OPTION = "each-option"  # the property of a choice in a list of which every option is to be chosen in some row
STARTS_AS = "starts-as"  # the property of a field that has a value before anybody fills it in
_FOR_FILLING = ("expression", "description", "accept", "readonly")
_SHOWN = ("expression", "valuesExpression", "columnsExpression", "dataSource")
_BARE = ("valuesKey", "dataSource")
_TEMPLATES = ("label", "dateLabel", "timeLabel", "title", "description", "text", "source", "alt", "accept")
_ADORNERS = ("prefixAdorner", "suffixAdorner")


@dataclass(frozen=True, slots=True)
class Formula:
    """One expression `=text` of a component; `shown` tells whether its reader may see the value (limits: in messages).

    `around` is the template it stands in, where a {{#loop}} there puts more names in scope.
    """

    node: Node
    where: str
    text: str
    shown: bool
    around: str = ""

    @property
    def serves_filling(self) -> bool:
        """Whether it is asked only while the form is filled in."""
        return self.where in _FOR_FILLING or self.where.startswith(("validate.", "properties."))

    @property
    def is_loop(self) -> bool:
        """Whether it is what a {{#loop}} goes over."""
        return re.search(r"#loop\s*" + re.escape(self.text[1:]) + r"\s*\}\}", self.around) is not None


def formulas_of(node: Node) -> Iterator[Formula]:
    """The formulas of one component."""
    yield from _conditions(node)
    for name in _SHOWN:
        if is_formula(node.raw.get(name)):
            yield Formula(node, name, node.raw[name], True)
    for name in _BARE:  # a dotted name that stands for its value
        text = node.raw.get(name)
        if isinstance(text, str) and text and not is_formula(text):
            yield Formula(node, name, "=" + text, True)
    for name, text in _texts(node):
        around = text if isinstance(text, str) and "{{#loop" in text else ""
        for found in formulas_in(text):
            yield Formula(node, name, found, True, around)


def _conditions(node: Node) -> Iterator[Formula]:
    written: list[tuple[str, Any]] = [("conditional.hide", node.hide), ("readonly", node.readonly)]
    written += [(f"validate.{name}", node.validate.get(name)) for name in LIMITS]
    written += [(f"properties.{name}", node.properties.get(name)) for name in (LATER_THAN, NOT_AFTER, STARTS_AS)]
    for where, text in written:
        if isinstance(text, str) and is_formula(text):
            yield Formula(node, where, text, where.startswith(("validate.", "properties.")))


def _texts(node: Node) -> Iterator[tuple[str, object]]:
    for name in _TEMPLATES:
        yield name, node.raw.get(name)
    look = node.raw.get("appearance")
    for name in _ADORNERS:
        yield f"appearance.{name}", look.get(name) if isinstance(look, dict) else None
    choices = node.raw.get("values")
    for item in choices if isinstance(choices, list) else ():
        yield "values", item.get("label") if isinstance(item, dict) else None


def formulas(form: Form) -> Iterator[Formula]:
    """Every formula of the form, in page order."""
    for node in form.nodes:
        yield from formulas_of(node)
