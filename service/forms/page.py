"""A form as its page draws it: plain values with ids, labels, errors and levels worked out, for the Jinja macros."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.domain.errors import Language
from service.forms.access import Level, levels
from service.forms.compiled import CompiledForm
from service.forms.display import control_text, display_text, unit
from service.forms.expressions import Evaluator, Function
from service.forms.messages import FieldProblem, summary_of
from service.forms.model import CHOICES, INPUTS, Node
from service.forms.page_parts import DETAILS, Details
from service.forms.places import control_id
from service.forms.scope import Instance, initialise_data, instances, settle
from service.forms.templating import fill
from service.forms.values import Option, is_empty, options
from service.forms.words import WORDS

_NO_FUNCTIONS: Mapping[str, Function] = {}
_NO_FILES: Mapping[str, str] = {}
_NO_WORDS: Mapping[str, tuple[str, ...]] = {}
MOST_COLUMNS = 8
VERDICT_CHARACTERS = 8
SHORT_CHARACTERS = 20
GRIDS = {1: "", 2: "halves"}


@dataclass
class FieldView:
    """One thing to draw. `text` is its value in words, `entered` what its control holds, `lines` the grid beneath.

    For reading it has neither help nor, where nothing was chosen, options: they may ask the case for all its experts.

    `source` is the article that asks for it: with one, a field that the form lets pass is not called optional.
    """

    kind: str
    id: str
    name: str = ""
    label: str = ""
    help: str = ""
    value: Any = None
    text: str = ""
    entered: str = ""
    errors: list[str] = field(default_factory=list)
    required: bool = False
    source: str = ""
    readonly: bool = False
    drives: bool = False
    options: list[Option] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    rows: list[RowView] = field(default_factory=list)
    can_add: bool = False
    can_remove: bool = False
    part: Details = field(default_factory=Details)

    @property
    def described(self) -> str:
        """For aria-describedby: hint and error, where there are any."""
        parts = ((f"{self.id}-hint", self.help), (f"{self.id}-error", self.errors))
        return " ".join(name for name, there in parts if there)

    @property
    def is_verdict(self) -> bool:
        """Whether it is a judgement of yes, perhaps something between, and no, in words short enough for one line."""
        values = [option.value for option in self.options]
        short = all(len(option.label) <= VERDICT_CHARACTERS for option in self.options)
        return self.kind == "radio" and 2 <= len(values) <= 3 and short and (values[0], values[-1]) == ("yes", "no")

    @property
    def is_short(self) -> bool:
        """Whether its value is read at a glance, so that another may stand beside it."""
        return self.kind not in ("textarea", "filepicker") and len(self.text) <= SHORT_CHARACTERS

    @property
    def blocks(self) -> list[Block]:
        """What is beneath, for reading."""
        return _blocks(self.lines)

    @property
    def table(self) -> RowTable | None:
        """The rows as a table, where they are short values only and few."""
        return _table(self.rows)


@dataclass
class Line:
    """Neighbours that stand side by side; `css` is the grid's class, empty for a field alone."""

    css: str
    fields: list[FieldView]


@dataclass
class RowView:
    """One row of a repeating list; `name` is what its remove button says."""

    id: str
    name: str
    number: int
    lines: list[Line]

    @property
    def called(self) -> str:
        """What its first field says, by which people know the row again."""
        first = self.lines[0].fields[0] if self.lines else None
        return first.text if first is not None and first.kind == "textfield" and first.entered else ""

    @property
    def blocks(self) -> list[Block]:
        """What is in the row, for reading."""
        return _blocks(self.lines)


@dataclass
class RowTable:
    """The rows of a list for reading: a value the row does not have (a condition hides it) is None."""

    labels: list[str]
    cells: list[list[FieldView | None]]


@dataclass
class Block:
    """For reading: neighbouring values make one list of facts; anything else stands alone."""

    facts: bool
    fields: list[FieldView]

    @property
    def lines(self) -> list[list[FieldView]]:
        """As they share the lines of a printed sheet: two short ones, or one alone."""
        out: list[list[FieldView]] = []
        for shown in self.fields:
            if out and len(out[-1]) == 1 and shown.is_short and out[-1][0].is_short:
                out[-1].append(shown)
            else:
                out.append([shown])
        return out


@dataclass
class FormView:
    """A form to draw: the macros `render_form` and `render_data` take it. `files` names attachments by their id."""

    id: str
    digest: str
    lang: Language
    readonly: bool
    lines: list[Line]
    problems: list[tuple[str, str]]
    words: Mapping[str, str]
    files: Mapping[str, str]
    file_url: str
    sheet_url: str = ""
    suggestions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    file_notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def submits(self) -> bool:
        """Whether the form brings its own submit button, so that the page needs none."""
        return any(shown.kind == "button" and shown.part.action == "submit" for shown in _all(self.lines))

    @property
    def previews(self) -> frozenset[str]:
        """The files the form shows for reading; who may see the form may read them."""
        return frozenset(code for shown in _all(self.lines) for code in shown.part.files)

    @property
    def blocks(self) -> list[Block]:
        """The form for reading."""
        return _blocks(self.lines)


def view(
    compiled: CompiledForm,
    data: Mapping[str, Any],
    *,
    roles: Collection[str],
    variables: Mapping[str, Any],
    functions: Mapping[str, Function] = _NO_FUNCTIONS,
    problems: Iterable[FieldProblem] = (),
    readonly: bool = False,
    lang: Language = "zh",
    files: Mapping[str, str] = _NO_FILES,
    file_url: str = "/attachments/{}",
    sheet_url: str = "",
    suggestions: Mapping[str, tuple[str, ...]] = _NO_WORDS,
    file_notes: Mapping[str, str] = _NO_FILES,
) -> FormView:
    """What these roles see of a form with this data: nothing that `per-role` or a condition hides.

    `files` names attachments by id, `file_url` is where one is fetched ({} = its id), `sheet_url` where a list is as an
    Excel sheet ({} = its name; empty: nowhere), `suggestions` the words offered for a field whose `suggest` names them,
    `file_notes` what is written beside an attachment, by its id.
    """
    told = tuple(problems)
    evaluator = Evaluator(compiled.formulas, variables, functions)
    shown = initialise_data(compiled.form, data, lenient=False)
    if readonly:  # what was computed when it was entered stays as it was
        tree = instances(compiled.form, shown, evaluator)
    else:
        _, tree = settle(compiled.form, shown, evaluator, submitting=False)
    drawing = _Drawing(compiled, levels(compiled.form, roles), evaluator, _by_control(told, lang), readonly, lang)
    lines = drawing.lines(tree.children)
    ids = {shown.id for shown in _all(lines)}
    listed = [(target if target in ids else "", text) for target, text in summary_of(told, lang)]
    return FormView(
        compiled.id, compiled.digest, lang, readonly, lines, listed, WORDS[lang],
        files, file_url, sheet_url, suggestions, file_notes,
    )  # fmt: skip


def shows_anything(
    compiled: CompiledForm,
    data: Mapping[str, Any],
    *,
    roles: Collection[str],
    variables: Mapping[str, Any],
    functions: Mapping[str, Function] = _NO_FUNCTIONS,
) -> bool:
    """Whether these roles read anything of a form that was submitted with this data; cheaper than to draw it.

    What `always_shows` says needs no data.
    """
    may = levels(compiled.form, roles)
    if not any(_is_drawn(compiled, node, may, readonly=True) for node in compiled.form.root.components):
        return False
    evaluator = Evaluator(compiled.formulas, variables, functions)
    tree = instances(compiled.form, initialise_data(compiled.form, data, lenient=False), evaluator)
    drawing = _Drawing(compiled, may, evaluator, {}, True, "zh")
    return any(drawing.is_drawn(child) for child in tree.children)


def always_shows(compiled: CompiledForm, roles: Collection[str]) -> bool:
    """Whether these roles read something of the form whatever was submitted with it: most forms hide only parts."""
    root, may = compiled.form.root, levels(compiled.form, roles)
    return not root.hide and any(
        not node.hide and _is_drawn(compiled, node, may, readonly=True) for node in root.components
    )


def _is_drawn(compiled: CompiledForm, node: Node, may: Mapping[str, Level], *, readonly: bool) -> bool:
    """Whether it is there for these roles, where no condition hides it; for reading, only what was entered."""
    for_filling = node.type == "button" or node.guides or node.id in compiled.beside
    return not (node.is_computed or may[node.id] == "hidden" or (for_filling and readonly))


def _blocks(lines: Iterable[Line]) -> list[Block]:
    out: list[Block] = []
    for line in lines:
        for shown in line.fields:
            is_fact = shown.kind in INPUTS
            if not (is_fact and out and out[-1].facts):
                out.append(Block(is_fact, []))
            out[-1].fields.append(shown)
    return out


def _table(rows: list[RowView]) -> RowTable | None:
    labels: dict[str, str] = {}
    found: list[dict[str, FieldView]] = []
    for row in rows:
        values = [shown for line in row.lines for shown in line.fields]
        if any(shown.kind not in INPUTS - {"textarea", "filepicker"} for shown in values):
            return None
        found.append({shown.name.rpartition("]")[2]: shown for shown in values})
        labels |= {key: shown.label for key, shown in found[-1].items() if key not in labels}
    if not 1 <= len(labels) <= MOST_COLUMNS:
        return None
    return RowTable(list(labels.values()), [[row.get(key) for key in labels] for row in found])


def _by_control(problems: Iterable[FieldProblem], lang: Language) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for problem in problems:
        out.setdefault(problem.control, []).append(problem.text(lang))
    return out


def _all(lines: Iterable[Line]) -> Iterable[FieldView]:
    for line in lines:
        for shown in line.fields:
            yield shown
            yield from _all(shown.lines)
            for row in shown.rows:
                yield from _all(row.lines)


@dataclass
class _Drawing:
    """One page being drawn."""

    compiled: CompiledForm
    may: Mapping[str, Level]
    evaluator: Evaluator
    errors: Mapping[str, list[str]]
    readonly: bool
    lang: Language

    def lines(self, children: Iterable[Instance]) -> list[Line]:
        """Neighbours with the same `layout.row` stand side by side."""
        out: list[list[Instance]] = []
        last: object = None
        for child in children:
            if not self.is_drawn(child):
                continue
            row = _layout(child.node).get("row")
            if row is None or row != last or not out:
                out.append([])
            out[-1].append(child)
            last = row
        return [Line(_grid(line), [self.field(child) for child in line]) for line in out]

    def is_drawn(self, instance: Instance) -> bool:
        """Whether it is there for these roles and this data."""
        return not instance.hidden and _is_drawn(self.compiled, instance.node, self.may, readonly=self.readonly)

    def field(self, instance: Instance) -> FieldView:
        """One component at its place."""
        node, scope = instance.node, instance.scope
        keyed = node.is_field or node.repeats
        number = "".join(f"-{place}" for place in instance.numbers)
        shown = FieldView(
            "radio" if node.answers else node.type,
            control_id(instance.path) if keyed else f"c-{node.id}{number}".replace(".", "-"),
            instance.name if keyed else "",
            fill(node.label, scope, self.evaluator),
            "" if self.readonly else fill(node.raw.get("description"), scope, self.evaluator),
            instance.value,
            errors=list(self.errors.get(instance.name, ())) if keyed else [],
            required=node.required,
            source=str(node.properties.get("source") or ""),
            readonly=self._is_readonly(instance),
            drives=node.id in self.compiled.driving,
            part=DETAILS[node.type](node, scope, self.evaluator) if node.type in DETAILS else Details(),
        )
        if node.is_field:
            self._value(shown, instance)
        shown.part.suffix = shown.part.suffix or unit(node, self.lang)
        if not self.readonly:
            shown.help = WORDS[self.lang]["and_also"].join(filter(None, (shown.help, self._expected(shown))))
        shown.lines = self.lines(instance.children)
        if node.repeats:
            self._rows(shown, instance)
        return shown

    def _expected(self, shown: FieldView) -> str:
        """What the server takes, said before somebody chooses a file or writes; not again what its help says."""
        words, least = WORDS[self.lang], shown.part.least
        if shown.part.kinds:
            return words["file_kinds"].format(kinds=shown.part.kinds)
        return words["at_least"].format(least=least) if least and str(least) not in shown.help else ""

    def _is_readonly(self, instance: Instance) -> bool:
        return self.readonly or instance.readonly or instance.node.disabled or self.may[instance.node.id] != "write"

    def _value(self, shown: FieldView, instance: Instance) -> None:
        node = instance.node
        if node.type in CHOICES and not (self.readonly and is_empty(instance.value)):
            offered = options(node, instance.scope, self.evaluator)
            shown.options = [Option(o.value, fill(o.label, instance.scope, self.evaluator)) for o in offered]
        elif node.answers:
            shown.options = [Option("true", node.answers[0]), Option("false", node.answers[1])]
        shown.text = display_text(node, instance.value, shown.options, self.lang)
        shown.entered = control_text(node, instance.value)

    def _rows(self, shown: FieldView, instance: Instance) -> None:
        for number, children in enumerate(instance.rows):
            row_id = control_id((*instance.path, number))
            shown.rows.append(RowView(row_id, f"{instance.name}[{number}]", number + 1, self.lines(children)))
        may_change = instance.node.raw.get("allowAddRemove") is True and not shown.readonly
        shown.can_add = shown.can_remove = may_change


def _layout(node: Node) -> Mapping[str, Any]:
    layout = node.raw.get("layout")
    return layout if isinstance(layout, Mapping) else {}


def _grid(line: list[Instance]) -> str:
    """The design has halves, two thirds and one, and thirds; form-js has 16 columns."""
    if len(line) == 2:
        first, second = (_layout(child.node).get("columns") or 8 for child in line)
        return "two-1" if first >= second + 5 else "halves"
    return GRIDS.get(len(line), "thirds")
