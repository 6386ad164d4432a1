"""What the tests of forms share: forms from a few components, the example's variables, and a reader of drawn pages."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.domain.credit_code import complete
from service.forms import CompiledForm, Form, FormView, Submission, compile_form, read_form, take, view

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "forms"
TODAY = date(2026, 11, 21)
CODE = complete("91220101MA0000001")
VARIABLES: Mapping[str, Any] = {
    "task": {"counties": [{"label": "朝阳区", "value": "chaoyang"}, "kuancheng"], "confirmed": []},
    "case": {"number": "SB1"},
    "lookup": {},
}
ROLES = ("lead", "local-clerk", "office", "expert")


@cache
def example(name: str = "consortium-declaration") -> CompiledForm:
    """One of the forms in tests/data/forms."""
    return compile_form(read_form((DATA / f"{name}.form").read_bytes(), file=f"{name}.form"))


def form_of(*components: Mapping[str, Any], **over: Any) -> Form:
    """A form with these components; what every component needs is filled in."""
    raw = {"type": "default", "id": "f", "schemaVersion": 19, "components": [_full(c) for c in components], **over}
    return read_form(json.dumps(raw), file="forms/f.form")


def compiled_of(*components: Mapping[str, Any], functions: Iterable[str] = ()) -> CompiledForm:
    """The same, compiled."""
    return compile_form(form_of(*components), functions=functions)


def _full(component: Mapping[str, Any], above: str = "n") -> dict[str, Any]:
    raw = dict(component)
    raw.setdefault("id", f"{above}_{raw.get('key') or raw.get('path') or raw['type']}".replace(".", "_"))
    if "key" in raw and raw["type"] not in ("expression", "datetime"):
        raw.setdefault("label", raw["key"])
    if raw["type"] == "datetime":
        raw.setdefault("dateLabel", raw["key"])
    if "components" in raw:
        raw["components"] = [_full(inner, raw["id"]) for inner in raw["components"]]
    return raw


def text(key: str, **over: Any) -> dict[str, Any]:
    """A text field."""
    return {"type": "textfield", "key": key, **over}


def number(key: str, **over: Any) -> dict[str, Any]:
    """A number field."""
    return {"type": "number", "key": key, **over}


def rows(path: str, *components: Mapping[str, Any], **over: Any) -> dict[str, Any]:
    """A list whose rows can be added and removed."""
    base = {"type": "dynamiclist", "path": path, "label": path, "isRepeating": True, "allowAddRemove": True}
    return {**base, "defaultRepetitions": 0, "components": list(components), **over}


def send(
    compiled: CompiledForm,
    pairs: Iterable[tuple[str, str]],
    *,
    stored: Mapping[str, Any] | None = None,
    roles: Collection[str] = ("lead",),
    attachments: Collection[str] = (),
    variables: Mapping[str, Any] = VARIABLES,
) -> Submission:
    """A submission, judged."""
    return take(
        compiled,
        pairs,
        stored=stored or {},
        roles=roles,
        variables=variables,
        today=TODAY,
        attachments=attachments,
    )


def codes(submission: Submission, control: str) -> set[str]:
    """What is wrong with one control."""
    return {problem.code for problem in submission.problems if problem.control == control}


@cache
def environment() -> Environment:
    """Jinja as the pages have it."""
    return Environment(
        loader=FileSystemLoader(ROOT / "service" / "web" / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


_PAGE = """{% from 'form/form.html' import render_form %}{% from 'form/data.html' import render_data %}
{% if view.readonly %}{{ render_data(view) }}{% else %}{{ render_form(view) }}{% endif %}"""


def drawn(
    compiled: CompiledForm, data: Mapping[str, Any], roles: Collection[str] = ("lead",), **more: Any
) -> tuple[FormView, str]:
    """The view and its page."""
    more.setdefault("variables", VARIABLES)
    found = view(compiled, data, roles=roles, **more)
    return found, environment().from_string(_PAGE).render(view=found)


@dataclass
class Control:
    """A control as a browser has it."""

    tag: str
    attributes: dict[str, str]
    value: str = ""
    chosen: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.attributes.get("name", "")


class Page(HTMLParser):
    """A drawn page as a browser without scripts sees it: controls, ids, what labels point at, and all elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.controls: list[Control] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self._area: Control | None = None
        self.feed(html)
        self.close()

    _VOID = frozenset({"input", "br", "hr", "img", "use"})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag not in self._VOID:
            self.open.append(tag)
        if tag in ("input", "select", "textarea", "button"):
            self.controls.append(Control(tag, attributes, attributes.get("value", "")))
        if tag == "textarea":
            self._area = self.controls[-1]
        if tag == "option" and "selected" in attributes:
            self.controls[-1].chosen.append(attributes.get("value", ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"
        if tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value += data.removeprefix("\n")  # the first line break of a textarea does not count
        self.text.append(data)

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    def pairs(self) -> list[tuple[str, str]]:
        """What a browser sends when the form is posted, without a button."""
        out: list[tuple[str, str]] = []
        for control in self.controls:
            kind = control.attributes.get("type", "text")
            if not control.name or control.tag == "button" or kind == "file":
                continue
            if control.tag == "select":
                out.append((control.name, control.chosen[0] if control.chosen else ""))
            elif kind not in ("checkbox", "radio") or "checked" in control.attributes:
                out.append((control.name, control.value))
        return out
