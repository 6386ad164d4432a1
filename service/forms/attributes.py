"""Every component type and attribute of form-js (schemaVersion 19, form-js 1.23 to 2.0), and what we do with it.

USED is acted upon; IGNORED is accepted and has no effect here; REFUSED is refused with a reason. What stands in no
list is refused as unknown, so nothing in a model is dropped silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Use = Literal["used", "ignored", "refused"]
USED: Use = "used"
IGNORED: Use = "ignored"
REFUSED: Use = "refused"


def _used(*names: str) -> dict[str, Use]:
    return dict.fromkeys(names, USED)


def _ignored(*names: str) -> dict[str, Use]:
    return dict.fromkeys(names, IGNORED)


_COMMON = _used("type", "id", "layout", "conditional", "properties")
_INPUT = _COMMON | _used("key", "label", "description", "disabled", "readonly", "defaultValue", "validate")
_CHOICE = _INPUT | _used("values", "valuesKey", "valuesExpression")
_BOX = _COMMON | _used("label", "path", "components") | _ignored("showOutline", "verticalAlignment")
_COMPUTED = dict.fromkeys(("disabled", "validate", "defaultValue"), REFUSED)

TYPES: Mapping[str, Mapping[str, Use]] = {
    "textfield": _INPUT | _used("appearance"),
    "textarea": _INPUT,
    "number": _INPUT | _used("appearance", "decimalDigits", "increment", "serializeToString"),
    "datetime": _INPUT
    | _used("subtype", "dateLabel", "timeLabel", "disallowPassedDates")
    | _ignored("use24h", "timeInterval", "timeSerializingFormat"),
    "checkbox": _INPUT,
    "radio": _CHOICE,
    "checklist": _CHOICE,
    "taglist": _CHOICE,
    "select": _CHOICE | _ignored("searchable"),
    "filepicker": {name: use for name, use in _INPUT.items() if name != "defaultValue"} | _used("accept", "multiple"),
    "expression": _COMMON
    | _used("key", "expression", "computeOn")
    | _ignored("label", "description", "readonly")
    | _COMPUTED,
    "group": _BOX,
    "dynamiclist": _BOX
    | _used("isRepeating", "allowAddRemove", "defaultRepetitions")
    | _ignored("disableCollapse", "nonCollapsedItems"),
    "text": _COMMON | _used("text") | _ignored("label", "strict"),
    "table": _COMMON | _used("label", "dataSource", "columns", "columnsExpression") | _ignored("rowCount"),
    "image": _COMMON | _used("source", "alt") | _ignored("label"),
    "button": _COMMON | _used("label", "action") | _ignored("key"),
    "separator": _COMMON | _ignored("label"),
    "spacer": _COMMON | _ignored("height", "label"),
    "documentPreview": _COMMON
    | _used("label", "dataSource", "title")
    | _ignored("maxHeight")
    | dict.fromkeys(("endpointKey",), REFUSED),
}

REFUSED_TYPES: Mapping[str, tuple[str, str]] = {
    "html": (
        "html 组件会把模型里的 HTML 原样放进页面，请改用“文本”（Markdown）",
        "An html component puts raw HTML from a model into the page; use a text (Markdown)",
    ),
    "iframe": (
        "iframe 组件会嵌入外部页面，内容安全策略不允许",
        "An iframe component embeds a foreign page, which the content security policy forbids",
    ),
}

FORM: Mapping[str, Use] = _used("type", "id", "components", "schemaVersion", "properties") | _ignored(
    *("exporter", "generator", "$schema", "executionPlatform", "executionPlatformVersion", "versionTag")
)

VALIDATE: Mapping[str, frozenset[str]] = {
    "textfield": frozenset({"required", "minLength", "maxLength", "pattern", "patternErrorMessage", "validationType"}),
    "textarea": frozenset({"required", "minLength", "maxLength"}),
    "number": frozenset({"required", "min", "max"}),
}
VALIDATE_ELSEWHERE = frozenset({"required"})

PROPERTIES = frozenset(
    {"format", "classification", "per-role", "min-items", "max-items", "suggest", "source"}
) | frozenset({"note", "later-than", "not-after", "answers", "starts-as", "each-option", "guides"})
CLASSES = ("public", "internal", "personal", "sensitive")
FORMATS_OF: Mapping[str, frozenset[str]] = {
    "number": frozenset({"money-wan", "money-yuan", "percent"}),
    "textfield": frozenset({"uscc", "mobile", "phone-cn", "id-card", "email"}),
}
