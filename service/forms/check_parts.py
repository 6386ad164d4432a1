"""What is wrong with attributes that only some kinds of component have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from service.domain.errors import Problem
from service.forms.expressions import is_formula
from service.forms.model import Form, Node
from service.forms.templating import is_picture
from service.forms.values import sanitise

Found = Iterator[tuple[str, str, str]]


def check_parts(form: Form) -> Iterator[Problem]:
    """Problems of computed fields, tables, pictures, buttons, texts and default values."""
    for node in form.nodes:
        check = _CHECKS.get(node.type)
        for code, zh, en in (*(check(node) if check else ()), *_default(node)):
            yield Problem(form.file, node.id, code, zh, en, name=node.label)


def _default(node: Node) -> Found:
    if not node.is_field or "defaultValue" not in node.raw or node.is_computed:
        return
    default = node.raw["defaultValue"]
    if default not in (None, "", []) and sanitise(node, default) in (None, "", []):
        yield (
            "bad-default",
            f"默认值 {default!r} 不是这一栏能填的",
            f"The field cannot hold its default value {default!r}",
        )


def _computed(node: Node) -> Found:
    if not is_formula(node.raw.get("expression")):
        yield "no-formula", "计算栏目没有以 = 开头的表达式", "A computed field needs an expression that starts with ="
    if node.raw.get("computeOn", "change") not in ("change", "presubmit"):
        yield "bad-compute", "computeOn 应为 change 或 presubmit", "computeOn must be change or presubmit"


def _table(node: Node) -> Found:
    if not node.raw.get("dataSource"):
        yield "no-source", "表格没有 dataSource", "The table has no dataSource"
    columns = node.raw.get("columns")
    if bool(columns) == is_formula(node.raw.get("columnsExpression")):
        zh = "表格的列应恰好来自 columns 或 columnsExpression"
        yield "columns", zh, "A table takes its columns from exactly one of columns and columnsExpression"
    elif columns and not (isinstance(columns, list) and all(_is_column(column) for column in columns)):
        yield "columns", "每一列都应有 key 和 label", "Each column needs a key and a label"


def _is_column(column: object) -> bool:
    return isinstance(column, Mapping) and all(isinstance(column.get(name), str) for name in ("key", "label"))


def _image(node: Node) -> Found:
    source = node.raw.get("source")
    if not isinstance(source, str) or not (is_formula(source) or "{{" in source or is_picture(source)):
        zh = "图片只能是本站路径（/…）或内嵌的 png、jpeg、gif、webp，内容安全策略不允许其他来源"
        yield "picture", zh, "A picture is a path of this site (/…) or an embedded png, jpeg, gif or webp"
    if not node.raw.get("alt"):
        yield "no-label", "图片没有替代文字 alt", "The picture has no alternative text"


def _button(node: Node) -> Found:
    if node.raw.get("action", "submit") not in ("submit", "reset"):
        yield "bad-action", "按钮的 action 应为 submit 或 reset", "A button's action is submit or reset"
    if not node.label:
        yield "no-label", "按钮没有文字", "The button has no text"


def _text(node: Node) -> Found:
    if not isinstance(node.raw.get("text", ""), str):
        yield "bad-text", "text 应为文本", "text must be a text"


def _preview(node: Node) -> Found:
    if not node.raw.get("dataSource"):
        yield "no-source", "文件预览没有 dataSource", "The document preview has no dataSource"


_CHECKS: Mapping[str, Callable[[Node], Found]] = {
    "expression": _computed,
    "table": _table,
    "image": _image,
    "button": _button,
    "text": _text,
    "documentPreview": _preview,
}
