"""A form as JSON Schema 2020-12: what is always true of its data; what depends on other fields is in rules.py.

Empty values ('' null []) are left out before validation (`prune`), so one plain schema serves pages, API and OpenAPI.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import jsonschema_rs

from service.forms.formats import EMAIL, FORMATS, MOMENTS, PHONE
from service.forms.limits import AREA_CHARACTERS, FIELD_CHARACTERS, FILES, ROWS
from service.forms.limits import CHOICES as MOST_CHOICES
from service.forms.model import MULTIPLE, Form, Node
from service.forms.places import Path
from service.forms.values import is_empty, static_options

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def compile_schema(form: Form) -> dict[str, Any]:
    """The form's schema, standing alone; custom formats are ours (`uscc`, `mobile`, `x-attachment` …)."""
    return {"$schema": DIALECT, "$id": f"form:{form.id}", "title": form.id} | _object((form.root,), certain=True)


def make_validator(schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """A validator with linear-time regular expressions only, so that no model can hang the server.

    Raises ValueError for a pattern outside that dialect (look-around, back-references).
    """
    return jsonschema_rs.Draft202012Validator(
        dict(schema),
        formats=dict(FORMATS),
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(),
    )


def _object(nodes: Sequence[Node], *, certain: bool) -> dict[str, Any]:
    """The nodes that write into one object. `certain`: nothing above them can hide them."""
    out: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}

    def visit(node: Node, above: tuple[str, ...], sure: bool) -> None:
        here = above + node.path
        sure = sure and not node.hide
        if node.is_field:
            if not node.disabled:
                _add(out, here, field_schema(node), node.required and sure)
        elif node.repeats:
            _add(out, here, _rows(node, sure), False)
        else:
            for child in node.components:
                visit(child, here, sure)

    for node in nodes:
        visit(node, (), certain)
    return out


def _add(target: dict[str, Any], path: tuple[str, ...], leaf: dict[str, Any], required: bool) -> None:
    for part in path[:-1]:
        blank = {"type": "object", "properties": {}, "additionalProperties": False}
        target = target["properties"].setdefault(part, blank)
    target["properties"][path[-1]] = leaf
    if required:
        target.setdefault("required", []).append(path[-1])


def _rows(node: Node, sure: bool) -> dict[str, Any]:
    rows: dict[str, Any] = {"type": "array", "title": node.label, "items": _object(node.components, certain=True)}
    least, most = node.count("min-items"), node.count("max-items")
    rows["maxItems"] = ROWS if most is None else most
    if least and sure:
        rows["minItems"] = least
    return rows


def field_schema(node: Node) -> dict[str, Any]:
    """One field's schema; limits that are FEEL are left to rules.py."""
    out: dict[str, Any] = {"title": node.label}
    if isinstance(text := node.raw.get("description"), str) and text:
        out["description"] = text
    make = _KINDS.get(node.type)
    out |= make(node) if make else {}
    if node.format in FORMATS:
        out["format"] = node.format
    if node.properties.get("classification"):
        out["x-classification"] = node.properties["classification"]
    return out


def _text(node: Node) -> dict[str, Any]:
    out: dict[str, Any] = {"type": "string"}
    if (least := fixed(node.validate.get("minLength"))) is not None:
        out["minLength"] = int(least)
    most = fixed(node.validate.get("maxLength"))
    usual = AREA_CHARACTERS if node.type == "textarea" else FIELD_CHARACTERS
    out["maxLength"] = usual if most is None else int(most)
    known = {"email": EMAIL, "phone": PHONE}.get(str(node.validate.get("validationType") or ""))
    patterns = [pattern for pattern in (node.validate.get("pattern"), known) if pattern]
    if len(patterns) == 1:
        out["pattern"] = patterns[0]
    elif patterns:
        out["allOf"] = [{"pattern": pattern} for pattern in patterns]
    return out


def _number(node: Node) -> dict[str, Any]:
    if node.raw.get("serializeToString") is True:
        return {"type": "string", "maxLength": FIELD_CHARACTERS}
    digits = node.digits
    out: dict[str, Any] = {"type": "integer" if digits == 0 else "number"}
    for word, key in (("min", "minimum"), ("max", "maximum")):
        if (limit := fixed(node.limit(word))) is not None:
            out[key] = int(limit) if limit == limit.to_integral_value() else float(limit)
    if digits:
        out["multipleOf"] = float(f"1e-{digits}")
    return out


def _checkbox(node: Node) -> dict[str, Any]:
    return {"type": "boolean"}


def _moment(node: Node) -> dict[str, Any]:
    return {"type": "string", "format": MOMENTS.get(str(node.raw.get("subtype", "date")), "date")}


def _choice(node: Node) -> dict[str, Any]:
    known = static_options(node)
    one: dict[str, Any] = {"type": "string", "maxLength": FIELD_CHARACTERS}
    if known:
        one = {"enum": [item["value"] for item in node.raw["values"] if item["value"] in known]}
    if node.type not in MULTIPLE:
        return one
    least, most = node.count("min-items"), node.count("max-items")
    several = {"type": "array", "items": one, "uniqueItems": True, "maxItems": MOST_CHOICES if most is None else most}
    return {**several, "minItems": least} if least else several


def _file(node: Node) -> dict[str, Any]:
    most = FILES if node.raw.get("multiple") is True else 1
    return {
        "type": "array",
        "items": {"type": "string", "format": "x-attachment"},
        "maxItems": most,
        "uniqueItems": True,
    }


def _computed(node: Node) -> dict[str, Any]:
    return {"readOnly": True}


_KINDS: Mapping[str, Callable[[Node], dict[str, Any]]] = {
    "textfield": _text,
    "textarea": _text,
    "number": _number,
    "checkbox": _checkbox,
    "datetime": _moment,
    "radio": _choice,
    "select": _choice,
    "checklist": _choice,
    "taglist": _choice,
    "filepicker": _file,
    "expression": _computed,
}


def fixed(limit: Any) -> Decimal | None:
    """A limit that is a number here and now; None for FEEL and for what is no limit."""
    if isinstance(limit, bool):
        return None
    if isinstance(limit, int | Decimal):
        return Decimal(limit)
    return Decimal(limit.strip()) if isinstance(limit, str) and _DECIMAL.fullmatch(limit.strip()) else None


def prune(value: Any) -> Any:
    """Without empty values; objects stay, so that what is missing in them is reported at its place."""
    if isinstance(value, dict):
        return {name: prune(item) for name, item in value.items() if not is_empty(item)}
    if isinstance(value, list):
        return [prune(item) for item in value]
    return value


def property_path(path: Path, kind: Mapping[str, Any]) -> Path:
    """Where an error of the schema stands: `required` is told of the object, and means the missing property."""
    missing = kind.get("property")
    return (*path, missing) if isinstance(missing, str) else path
