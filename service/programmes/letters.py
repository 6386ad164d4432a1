"""Letters and messages: a file of front matter and Markdown with FEEL slots, compiled once and rendered for a case."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import dropwhile
from types import MappingProxyType
from typing import Any, Literal

from marshmallow import ValidationError, fields, validate

from service.domain.errors import DeploymentRefused, Problem
from service.feel import Budget, BudgetExceeded, Expression, Function
from service.programmes.functions import FUNCTION_NAMES
from service.programmes.letter_text import LetterSyntaxError, Rendering, Template, compile_text
from service.programmes.manifest_schema import StrictSchema, Text, messages
from service.programmes.scan import deadline_names, letter_id

FENCE = "+++"
#: whose paper it is: the deciding authority's, the recommending department's, or the applicant's, without a red head
ISSUERS = ("authority", "competent", "applicant")
#: what a slot may read; rows of a loop add their own names, `this` and `parent`
ROOT_NAMES = frozenset({"case", "lookup", "input", "today", "settings"})
OUTSIDE = "parent"
_STEPS = 500_000
_MULTIWORD = tuple(sorted(name for name in FUNCTION_NAMES if " " in name))


class _FrontMatterSchema(StrictSchema):
    """What stands between the fences."""

    title = Text(required=True, validate=validate.Length(min=1, error="blank"))
    to = fields.List(Text(), error_messages={"invalid": "list", "null": "null"})
    kind = Text(validate=validate.OneOf(("message", "letter"), error="choice"))
    number = Text()
    addressee = Text()
    issuer = Text(validate=validate.OneOf(ISSUERS, error="choice"))


@dataclass(frozen=True, slots=True)
class RenderedLetter:
    """A letter for one case: plain title and addressee, Markdown body, and the slots that had nothing to show."""

    title: str
    body: str
    addressee: str = ""
    empty: tuple[str, ...] = ()


@dataclass(frozen=True)
class CompiledLetter:
    """One letter file, ready to render any number of times."""

    id: str
    kind: Literal["message", "letter"]
    to: tuple[str, ...]
    number: str
    title: Template
    addressee: Template
    body: Template
    digest: str
    source: str
    issuer: str = "authority"
    paths: frozenset[tuple[str, ...]] = frozenset()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def deadlines(self) -> tuple[str, ...]:
        """The deadlines its slots ask for."""
        templates = (self.title, self.addressee, self.body)
        texts = (expression.text for template in templates for expression, _ in template.expressions)
        return tuple(dict.fromkeys(name for text in texts for name in deadline_names(text)))

    def render(self, variables: Mapping[str, Any], functions: Mapping[str, Function]) -> RenderedLetter:
        """The letter. `variables` holds FEEL values under `case`, `lookup`, `input`, `today`; settings are added.

        A slot without a value is left empty and named in `empty`. Raises BudgetExceeded for a text that never ends.
        """
        scope = _Scope(variables, self.settings)
        rendering = Rendering(functions, Budget(_STEPS), [])
        return RenderedLetter(
            title=self.title.line(scope, rendering),
            body=self.body.markdown(scope, rendering).strip() + "\n",
            addressee=self.addressee.line(scope, rendering),
            empty=tuple(dict.fromkeys(rendering.empty)),
        )


class _Scope(Mapping[str, Any]):
    """The caller's variables, looked up as they are asked for, with the programme's settings beneath."""

    def __init__(self, variables: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        self._variables = variables
        self._settings = settings

    def __getitem__(self, name: str) -> Any:
        return self._settings if name == "settings" else self._variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter({*self._variables, "settings"})

    def __len__(self) -> int:
        return len({*self._variables, "settings"})


def compile_letter(content: bytes, *, file: str, settings: Mapping[str, Any] = MappingProxyType({})) -> CompiledLetter:
    """The letter in a file. Raises DeploymentRefused with every problem in it, each with its line."""
    front, body, body_line = _split(content, file)
    matter = _front_matter(front, file)
    problems: list[Problem] = []
    title = _template(matter["title"], file, "title", 0, problems)
    addressee = _template(matter.get("addressee", ""), file, "addressee", 0, problems)
    text = _template(body, file, "", body_line, problems)
    templates = (title, addressee, text)
    problems += [problem for template in templates for problem in _unknown_names(template, file)]
    if problems:
        raise DeploymentRefused(problems)
    return CompiledLetter(
        id=letter_id(file),
        kind=matter.get("kind", "message"),
        to=tuple(matter.get("to", ())),
        number=matter.get("number", ""),
        title=title,
        addressee=addressee,
        body=text,
        digest=hashlib.sha256(content).hexdigest(),
        source=body,
        issuer=matter.get("issuer", "authority"),
        paths=frozenset(
            path for template in templates for one, in_loop in template.expressions for path in _paths(one, in_loop)
        ),
        settings=settings,
    )


def check_letter(
    letter: CompiledLetter, *, file: str, roles: Collection[str], numbers: Collection[str]
) -> list[Problem]:
    """What is wrong with a letter in its programme: receivers and number series that the manifest does not know."""
    problems = [
        Problem(file, "to", "role-unknown", f"清单中没有角色“{role}”。", f"The manifest has no role “{role}”.")
        for role in letter.to
        if role not in roles
    ]
    if letter.number and letter.number not in numbers:
        zh, en = f"清单中没有编号“{letter.number}”。", f"The manifest has no number series “{letter.number}”."
        problems.append(Problem(file, "number", "number-unknown", zh, en))
    if letter.number and letter.kind == "message":
        zh, en = '通知消息不编号；需编号的请写 kind = "letter"。', 'A message bears no number; use kind = "letter".'
        problems.append(Problem(file, "number", "number-on-message", zh, en))
    return problems


def _split(content: bytes, file: str) -> tuple[str, str, int]:
    """Front matter, body, and the line before the body's first."""
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        zh, en = "文件须为 UTF-8 编码。", "The file must be UTF-8 text."
        raise DeploymentRefused([Problem(file, "", "letter-encoding", zh, en)]) from error
    lines = text.split("\n")
    fences = [n for n, line in enumerate(lines) if line.strip() == FENCE][:2]
    if len(fences) < 2 or "".join(lines[: fences[0]]).strip():
        zh, en = (
            "文件须以两行“+++”之间的说明开头。",
            "The file must begin with its description between two lines of “+++”.",
        )
        raise DeploymentRefused([Problem(file, "", "letter-front-matter", zh, en, line=1)])
    first, second = fences
    return "\n".join(lines[first + 1 : second]), "\n".join(lines[second + 1 :]), second + 1


def _front_matter(text: str, file: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = _FrontMatterSchema().load(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        zh, en = f"说明部分不是有效的 TOML：{error}", f"The description is not valid TOML: {error}"
        raise DeploymentRefused([Problem(file, "", "letter-front-matter", zh, en, line=1)]) from error
    except ValidationError as error:
        found = messages(error.messages_dict)
        raise DeploymentRefused([Problem(file, place, code, zh, en) for place, code, zh, en in found]) from error
    return loaded


def _template(text: str, file: str, element: str, line: int, problems: list[Problem]) -> Template:
    try:
        return compile_text(text, _MULTIWORD)
    except LetterSyntaxError as error:
        at = line + error.line if line else 0
        problems.append(Problem(file, element, "letter-slot", error.zh, error.en, line=at))
        return Template(())


def _paths(expression: Expression, in_loop: bool) -> Iterator[tuple[str, ...]]:
    """What a slot reads of the letter's own names; in a loop `parent` is what lies outside, all of it if used whole."""
    for path in expression.paths:
        own = tuple(dropwhile(lambda name: name == OUTSIDE, path)) if in_loop else path
        yield from (own,) if own else ((name,) for name in ROOT_NAMES)


def _unknown_names(template: Template, file: str) -> Iterator[Problem]:
    known = ROOT_NAMES | FUNCTION_NAMES
    for expression, in_loop in template.expressions:
        for name in sorted(expression.names - known):
            if not in_loop:
                zh = f"“{expression.text}”中的“{name}”不存在；可用 {'、'.join(sorted(ROOT_NAMES))}。"
                en = f"“{name}” in “{expression.text}” does not exist; use {', '.join(sorted(ROOT_NAMES))}."
                yield Problem(file, "", "letter-unknown-name", zh, en)


__all__ = ["BudgetExceeded", "CompiledLetter", "RenderedLetter", "check_letter", "compile_letter"]
