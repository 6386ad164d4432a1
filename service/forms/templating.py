"""Labels and texts: form-js's templates ({{…}}, {{#if}}, {{#loop}} or one =expression), and Markdown without HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup

from service.forms.display import moment_text
from service.forms.expressions import Evaluator, Scope, is_formula, text_of

TEXTS_KEPT = 512
_TAG = re.compile(r"\{\{\s*(#if|#loop|/if|/loop)?\s*(.*?)\s*\}\}", re.S)
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?")
_HEADING = re.compile(r"<(/?)h([1-5])>")
_SOURCE = re.compile(r"/(?!/)\S*|data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+")
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")

Say = Callable[[Any], str]


def formulas_in(text: object) -> Iterator[str]:
    """Every expression in a template, as `=text`."""
    if not isinstance(text, str):
        return
    if is_formula(text):
        yield text
        return
    for match in _TAG.finditer(text):
        if match[2] and match[1] in (None, "#if", "#loop"):
            yield "=" + match[2]


def is_balanced(text: str) -> bool:
    """Whether every {{#if}} and {{#loop}} of a template is closed, in order."""
    open_tags: list[str] = []
    for match in _TAG.finditer(text):
        tag = match[1] or ""
        if tag.startswith("#"):
            open_tags.append(tag[1:])
        elif tag.startswith("/") and (not open_tags or open_tags.pop() != tag[1:]):
            return False
    return not open_tags


def fill(text: object, scope: Mapping[str, Any], evaluator: Evaluator) -> str:
    """Plain text; what fails or is null becomes empty (form-js shows a warning sign instead)."""
    if not isinstance(text, str):
        return ""
    if is_formula(text):
        return text_of(evaluator.value(text, scope))
    return _run(text, scope, evaluator, text_of) if "{{" in text else text


def markdown(text: object, scope: Mapping[str, Any], evaluator: Evaluator) -> Markup:
    """Safe by construction: HTML is shown as text, values never act as Markdown, foreign schemes are dead."""
    if isinstance(text, str) and "{{" in text and not is_formula(text):
        source = _run(text, scope, evaluator, _as_words)
    else:
        source = fill(text, scope, evaluator)
    return _rendered(source)


@lru_cache(maxsize=TEXTS_KEPT)
def _rendered(source: str) -> Markup:
    """Most texts of a form are the same for every case."""
    html = _HEADING.sub(lambda match: f"<{match[1]}h{int(match[2]) + 1}>", _markdown.render(source))
    return Markup(html)  # noqa: S704 — markdown-it was told to escape all HTML


def picture(text: object, scope: Mapping[str, Any], evaluator: Evaluator) -> str:
    """The address of an image: a path of this site or an embedded picture; anything else is empty."""
    source = fill(text, scope, evaluator).strip()
    return source if is_picture(source) else ""


def is_picture(source: str) -> bool:
    """Whether the address of an image is one that the content security policy allows."""
    return _SOURCE.fullmatch(source) is not None


def _as_words(value: Any) -> str:
    """A value inside Markdown: its punctuation is escaped, so that what a person typed stays what they typed.

    A day is written out, in Chinese as the text around it is.
    """
    text = text_of(value)
    said = moment_text(text, "zh") if _MOMENT.fullmatch(text) else text
    return _PUNCTUATION.sub(r"\\\1", said)


def _run(text: str, scope: Mapping[str, Any], evaluator: Evaluator, say: Say) -> str:
    out: list[str] = []
    at = 0
    while match := _TAG.search(text, at):
        out.append(text[at : match.start()])
        at = match.end()
        if match[1] in ("#if", "#loop"):
            inner, at = _inside(text, at, match[1][1:])
            value = evaluator.value("=" + match[2], scope)
            if match[1] == "#loop":
                out += [_run(inner, inside, evaluator, say) for inside in _turns(value, scope)]
            elif value is True:
                out.append(_run(inner, scope, evaluator, say))
        elif match[1] is None:
            out.append(say(evaluator.value("=" + match[2], scope)))
    return "".join(out) + text[at:]


def _turns(value: Any, scope: Mapping[str, Any]) -> Iterator[Scope]:
    """What the inside of a loop sees at each turn: the item's own names, `this` and `parent`."""
    for item in value if isinstance(value, list) else ():
        names = dict(item) if isinstance(item, dict) else {}
        yield Scope(names | {"this": item, "parent": scope}, scope)


def _inside(text: str, start: int, kind: str) -> tuple[str, int]:
    """The text up to the closing tag, and where to go on."""
    depth, at = 1, start
    while match := _TAG.search(text, at):
        at = match.end()
        depth += (match[1] == f"#{kind}") - (match[1] == f"/{kind}")
        if depth == 0:
            return text[start : match.start()], at
    return text[start:], len(text)
