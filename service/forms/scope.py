"""Which fields there are right now: rows, hidden, read-only and computed ones, with the meaning of form-js's viewer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from service.forms.expressions import Evaluator, Scope, plain, row_scope
from service.forms.limits import ROUNDS
from service.forms.model import Form, Node
from service.forms.places import MISSING, Path, get, name_of, put
from service.forms.values import empty, exact, sanitise


@dataclass(slots=True)
class Instance:
    """A component at one place: `path` is where its value stands; a hidden one has nothing beneath."""

    node: Node
    path: Path
    numbers: tuple[int, ...]
    scope: Scope
    hidden: bool = False
    readonly: bool = False
    value: Any = None
    children: list[Instance] = field(default_factory=list)
    rows: list[list[Instance]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of its control."""
        return name_of(self.path)

    def walk(self) -> Iterator[Instance]:
        """Itself and everything beneath, in page order."""
        yield self
        for child in self.children:
            yield from child.walk()
        for row in self.rows:
            for child in row:
                yield from child.walk()


def initialise_data(form: Form, given: Mapping[str, Any], *, lenient: bool) -> dict[str, Any]:
    """Data with a value for every field: the given one, else its default, else its empty value.

    `lenient` as form-js treats data of a process: what a field cannot take becomes empty. Otherwise values stay as they
    are, to be judged. Names that are no fields are dropped.
    """
    out: dict[str, Any] = {}

    def visit(node: Node, above: Path) -> None:
        here = above + node.path
        if node.is_field:
            put(out, here, _initial(node, get(given, here, MISSING), lenient))
        elif node.repeats:
            count = _row_count(node, get(given, here, MISSING))
            put(out, here, [{} for _ in range(count)])
            for number in range(count):
                for child in node.components:
                    visit(child, (*here, number))
        else:
            for child in node.components:
                visit(child, here)

    visit(form.root, ())
    return out


def _initial(node: Node, value: Any, lenient: bool) -> Any:
    if value is MISSING:
        default = node.raw.get("defaultValue", MISSING)
        return empty(node) if default is MISSING else sanitise(node, default)
    return sanitise(node, deepcopy(value)) if lenient else exact(node, deepcopy(value))


def _row_count(node: Node, value: Any) -> int:
    if isinstance(value, list):
        return len(value)
    wanted = node.raw.get("defaultRepetitions", 1)
    return wanted if isinstance(wanted, int) and 0 <= wanted <= 100 else 1


def _visible(form: Form, data: Mapping[str, Any], whole: Scope, evaluator: Evaluator) -> Scope:
    """What formulas see of the data (all of which is `whole`): nothing that is hidden.

    Worked out until nothing changes, at most in ROUNDS. form-js does this in one pass over the unfiltered data and
    lays the result over the initial data, so that a hidden field may still decide what another shows. Here hidden is
    empty, always: a hidden value is not sent back, and a page sent back unchanged must not lose what it showed.
    """
    seen, hidden = whole, list[Path]()
    for _ in range(ROUNDS if any(node.hide for node in form.nodes) else 0):
        before, hidden = hidden, _hidden(form, seen, evaluator)
        if hidden == before:
            break
        seen = evaluator.root(data, without=hidden)
    return seen


def _hidden(form: Form, root: Scope, evaluator: Evaluator) -> list[Path]:
    """The fields and lists that are hidden when formulas see `root`, in page order."""
    out: list[Path] = []

    def visit(node: Node, above: Path, scope: Scope, hidden: bool) -> None:
        here = above + node.path
        hidden = hidden or (node.hide is not False and evaluator.holds(node.hide, scope))
        if hidden and (node.is_field or node.repeats):
            out.append(here)
        elif node.repeats:
            rows = get(root.own["this"], here) or ()
            for number, row in enumerate(rows):
                inner = row_scope(scope, row, number + 1)
                for child in node.components:
                    visit(child, (*here, number), inner, False)
        else:
            for child in node.components:
                visit(child, here, scope, hidden)

    visit(form.root, (), root, False)
    return out


def instances(form: Form, data: Mapping[str, Any], evaluator: Evaluator) -> Instance:
    """The tree of what is there now; hidden subtrees end at their hidden top.

    Formulas see the visible data by name, and in a row the row as it is through `this`.
    """
    whole = evaluator.root(data)
    root, unfiltered = _visible(form, data, whole, evaluator), whole.own["this"]

    def build(node: Node, above: Path, numbers: tuple[int, ...], scope: Scope) -> Instance:
        here = above + node.path
        found = Instance(node, here, numbers, scope)
        found.hidden = node.hide is not False and evaluator.holds(node.hide, scope)
        if found.hidden:
            return found
        found.readonly = node.readonly is not False and evaluator.holds(node.readonly, scope)
        if node.is_field:
            found.value = get(data, here)
        elif node.repeats:
            for number, row in enumerate(get(unfiltered, here) or ()):
                inner = row_scope(scope, row, number + 1)
                at, inside = (*here, number), (*numbers, number)
                found.rows.append([build(child, at, inside, inner) for child in node.components])
        else:
            found.children = [build(child, here, numbers, scope) for child in node.components]
        return found

    return build(form.root, (), (), root)


def settle(
    form: Form, data: Mapping[str, Any], evaluator: Evaluator, *, submitting: bool
) -> tuple[dict[str, Any], Instance]:
    """The data with computed fields filled in until nothing changes (at most ROUNDS), and the tree that goes with it.

    A field with `computeOn: presubmit` is computed only when submitting.
    """
    settled = deepcopy(dict(data))
    root = instances(form, settled, evaluator)
    for _ in range(ROUNDS):
        if not _compute(root, settled, evaluator, submitting):
            break
        root = instances(form, settled, evaluator)
    return settled, root


def _compute(root: Instance, data: dict[str, Any], evaluator: Evaluator, submitting: bool) -> bool:
    changed = False
    for found in root.walk():
        if not found.node.is_computed or found.hidden:
            continue
        if found.node.raw.get("computeOn") == "presubmit" and not submitting:
            continue
        value = plain(evaluator.value(str(found.node.raw.get("expression", "")), found.scope))
        if not _same(value, found.value):
            put(data, found.path, value)
            changed = True
    return changed


def _same(one: Any, other: Any) -> bool:
    """Equal and of one kind: true is not 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def output(root: Instance, data: Mapping[str, Any]) -> dict[str, Any]:
    """What a submission gives: the values of visible fields that are not disabled; a row with none of them is {}."""
    out: dict[str, Any] = {}
    for found in root.walk():
        if found.hidden:
            continue
        if found.node.is_field and not found.node.disabled:
            put(out, found.path, get(data, found.path))
        elif found.node.repeats and found.rows and get(out, found.path) is None:
            put(out, found.path, [{} for _ in found.rows])
    return out
