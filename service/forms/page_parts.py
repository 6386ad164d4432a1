"""What only some kinds of component have for their page: adorners, input modes, tables, pictures, accepted files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from service.forms.expressions import Evaluator, Scope, is_formula, plain
from service.forms.model import Node
from service.forms.templating import fill, markdown, picture
from service.forms.values import as_text


@dataclass
class Details:
    """The rest of a component's view; what a kind does not have is empty."""

    prefix: str = ""
    suffix: str = ""
    mode: str = ""
    autocomplete: str = "off"
    code: bool = False
    input_type: str = "text"
    most: int | None = None
    least: int = 0  # characters, where it is worth telling before somebody writes
    accept: str = ""
    kinds: str = ""  # what `accept` says, for people
    multiple: bool = False
    action: str = ""
    source: str = ""
    alt: str = ""
    markup: Markup = field(default_factory=Markup)
    columns: list[str] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    suggest: str = ""  # the form whose sections and fields are offered as words to choose from, or to write on


WORTH_TELLING = 10  # a reason of fewer characters is no sentence; nobody writes less by mistake

_MODES = {"mobile": "tel", "phone-cn": "tel", "email": "email"}
_CODES = frozenset({"uscc", "id-card"})
_INPUTS = {"date": "date", "time": "time", "datetime": "datetime-local"}


def _textfield(node: Node, scope: Scope, evaluator: Evaluator) -> Details:
    mode = _MODES.get(node.format or str(node.validate.get("validationType") or ""), "")
    out = Details(mode=mode, code=node.format in _CODES, suggest=str(node.properties.get("suggest") or ""))
    return _adorned(out, node, scope, evaluator)


def _textarea(node: Node, scope: Scope, evaluator: Evaluator) -> Details:
    most = node.validate.get("maxLength")
    if isinstance(most, str) and is_formula(most):
        most = plain(evaluator.value(most, scope))
    least = node.validate.get("minLength")
    return Details(
        most=most if isinstance(most, int) and not isinstance(most, bool) else None,
        least=least if isinstance(least, int) and least >= WORTH_TELLING else 0,
    )


def _number(node: Node, scope: Scope, evaluator: Evaluator) -> Details:
    out = Details(mode="numeric" if node.digits == 0 else "decimal")
    return _adorned(out, node, scope, evaluator)


def _adorned(out: Details, node: Node, scope: Scope, evaluator: Evaluator) -> Details:
    look = node.raw.get("appearance")
    if isinstance(look, Mapping):
        out.prefix = fill(look.get("prefixAdorner"), scope, evaluator)
        out.suffix = fill(look.get("suffixAdorner"), scope, evaluator)
    return out


def _datetime(node: Node, scope: Scope, evaluator: Evaluator) -> Details:
    return Details(input_type=_INPUTS.get(str(node.raw.get("subtype", "date")), "date"))


def _filepicker(node: Node, scope: Scope, evaluator: Evaluator) -> Details:
    accept = fill(node.raw.get("accept"), scope, evaluator)
    kinds = dict.fromkeys(part.strip(" .").upper().replace("JPEG", "JPG") for part in accept.split(","))
    return Details(accept=accept, kinds=" ".join(filter(None, kinds)), multiple=node.raw.get("multiple") is True)


def _text(node: Node, scope: Scope, evaluator: Evaluator) -> Details:
    return Details(markup=markdown(node.raw.get("text"), scope, evaluator))


def _button(node: Node, scope: Scope, evaluator: Evaluator) -> Details:
    return Details(action=str(node.raw.get("action") or "submit"))


def _image(node: Node, scope: Scope, evaluator: Evaluator) -> Details:
    source = picture(node.raw.get("source"), scope, evaluator)
    return Details(source=source, alt=fill(node.raw.get("alt"), scope, evaluator))


def _table(node: Node, scope: Scope, evaluator: Evaluator) -> Details:
    columns: Any = node.raw.get("columns")
    if not isinstance(columns, list):
        columns = plain(evaluator.value(str(node.raw.get("columnsExpression", "")), scope))
    known = [c for c in columns or () if isinstance(c, Mapping) and isinstance(c.get("key"), str)]
    rows = plain(evaluator.value(_source(node), scope))
    cells = [[as_text(row.get(c["key"])) for c in known] for row in rows or () if isinstance(row, Mapping)]
    return Details(columns=[as_text(c.get("label")) or c["key"] for c in known], cells=cells)


def _preview(node: Node, scope: Scope, evaluator: Evaluator) -> Details:
    found = plain(evaluator.value(_source(node), scope))
    items = found if isinstance(found, list) else [found]
    return Details(files=[item for item in items if isinstance(item, str) and item])


def _source(node: Node) -> str:
    """`dataSource` as FEEL; form-js also takes the bare key of a list."""
    text = str(node.raw.get("dataSource") or "")
    return text if text.startswith("=") or not text else "=" + text


DETAILS: Mapping[str, Callable[[Node, Scope, Evaluator], Details]] = {
    "textfield": _textfield,
    "textarea": _textarea,
    "number": _number,
    "datetime": _datetime,
    "filepicker": _filepicker,
    "text": _text,
    "button": _button,
    "image": _image,
    "table": _table,
    "documentPreview": _preview,
}
