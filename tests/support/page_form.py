"""A form as it stands on a page, filled in and sent the way a browser does, files included."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import html

Pair = tuple[str, str]
File = tuple[str, str, bytes]

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


@dataclass(frozen=True)
class Control:
    """One control that a person sees; `options` are (value, words) where there is something to choose."""

    name: str
    label: str
    kind: str
    options: tuple[Pair, ...] = ()


class PageForm:
    """The `<form>` with this id on a page: what it would send as it stands, and what may be changed in it."""

    def __init__(self, page: str, form_id: str = "task-form") -> None:
        found = html.fromstring(page).get_element_by_id(form_id, None)
        assert found is not None, f"the page has no form {form_id}: {shown(page)[:600]}"
        self.element = found
        self.controls = _controls(found)
        self.names = {control.name for control in self.controls}

    def pairs(self) -> list[Pair]:
        """What a browser sends when nothing is touched; buttons and empty file boxes are not among it."""
        return list(_standing(self.element))

    def called(self, label: str) -> list[Control]:
        """The controls with this label, in page order; a repeated row has one each."""
        found = [control for control in self.controls if control.label == label]
        assert found, f"no control is called “{label}”; there are {sorted({one.label for one in self.controls})}"
        return found


def filled(standing: Iterable[Pair], given: Iterable[Pair]) -> list[Pair]:
    """What stands on the page, with each control that is given anew replaced."""
    given = list(given)
    names = {name for name, _ in given}
    return [*((name, value) for name, value in standing if name not in names), *given]


def flattened(data: Mapping[str, Any], place: str = "") -> tuple[list[Pair], list[File]]:
    """Nested data as the names and values of controls; `file:NAME` becomes a file of that name.

    >>> flattened({"lead": {"name": "甲"}, "members": [{"core": True}], "wanted": ["a", "b"]})[0]
    [('lead.name', '甲'), ('members[0]._row', '1'), ('members[0].core', 'true'), ('wanted', 'a'), ('wanted', 'b')]
    """
    pairs: list[Pair] = []
    files: list[File] = []
    for key, value in data.items():
        name = f"{place}.{key}" if place else key
        for inner_name, inner in _inner(name, value):
            if isinstance(inner, Mapping):
                more = flattened(inner, inner_name)
                pairs += more[0]
                files += more[1]
            elif isinstance(inner, str) and inner.startswith("file:"):
                files.append((inner_name, inner.removeprefix("file:"), PDF))
            elif inner is not False and inner is not None:
                pairs.append((inner_name, _text(inner)))
    return pairs, files


def body(pairs: Sequence[Pair], files: Sequence[File] = ()) -> dict[str, Any]:
    """The body for the test client; several values of one name stay in their order."""
    out: dict[str, Any] = {}
    for name, value in pairs:
        out.setdefault(name, []).append(value)
    for name, file_name, content in files:
        out.setdefault(name, []).append((io.BytesIO(content), file_name))
    return out


def token_on(page: str) -> str:
    """The token of the first form on a page."""
    return str(html.fromstring(page).xpath("//input[@name='csrf_token']/@value")[0])


def shown(page: str) -> str:
    """What a person reads on a page, without markup; white space is folded."""
    tree = html.fromstring(page)
    for hidden in tree.xpath("//script|//style|//svg"):
        hidden.drop_tree()
    return " ".join(tree.text_content().split())


def _inner(name: str, value: Any) -> Iterable[tuple[str, Any]]:
    if not isinstance(value, list):
        yield name, value
        return
    for number, item in enumerate(value):
        if isinstance(item, Mapping):
            yield f"{name}[{number}]._row", "1"
            yield f"{name}[{number}]", item
        else:
            yield name, item


def _text(value: Any) -> str:
    return "true" if value is True else str(value)


def _standing(form: Any) -> Iterable[Pair]:
    for one in form.iter("input", "textarea", "select"):
        name, kind = one.get("name"), one.get("type", "text")
        if not name or one.get("disabled") is not None:
            continue
        if one.tag == "select":
            yield from (
                (name, option.get("value")) for option in one.iter("option") if option.get("selected") is not None
            )
        elif one.tag == "textarea":
            yield name, (one.text or "").removeprefix("\n")
        elif kind in ("radio", "checkbox"):
            if one.get("checked") is not None:
                yield name, one.get("value", "on")
        elif kind not in ("file", "submit", "button"):
            yield name, one.get("value", "")


def _controls(form: Any) -> tuple[Control, ...]:
    labels = {one.get("for"): _label(one) for one in form.iter("label") if one.get("for")}
    found: dict[str, Control] = {}
    for one in form.iter("input", "textarea", "select"):
        name, kind = one.get("name"), one.get("type", "text") if one.tag == "input" else one.tag
        if not name or kind in ("hidden", "submit"):
            continue
        if kind in ("radio", "checkbox"):
            words = " ".join(one.getparent().text_content().split())
            box = next((above for above in one.iterancestors("fieldset") if above.get("id")), None)
            alone = kind == "checkbox" and one.get("value") == "true"
            label = words if alone or box is None else _label(box.find("legend"))
            known = found.get(name, Control(name, label, kind))
            found[name] = Control(name, label, kind, (*known.options, (one.get("value"), words)))
        elif one.tag == "select":
            options = tuple((option.get("value"), option.text or "") for option in one.iter("option"))
            found[name] = Control(name, labels.get(one.get("id"), ""), kind, options)
        else:
            found[name] = Control(name, labels.get(one.get("id"), ""), kind)
    return tuple(found.values())


def _label(element: Any) -> str:
    """The words of a label without the mark that says a field may stay empty."""
    own = [element.text or ""]
    own += [
        (child.text_content() if "opt" not in child.get("class", "") else "") + (child.tail or "") for child in element
    ]
    return " ".join("".join(own).split())
