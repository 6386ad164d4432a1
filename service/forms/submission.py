"""From the flat pairs of a request, or a JSON body, to typed data or problems: where a browser's word becomes ours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from service.domain.errors import Language
from service.forms.access import levels
from service.forms.compiled import CompiledForm
from service.forms.entry import Entry, drop_foreign_files, overlay, read_pairs
from service.forms.expressions import Evaluator, Function, plain
from service.forms.formulas import STARTS_AS
from service.forms.limits import ROUNDS
from service.forms.messages import FieldProblem, describe, summary_of
from service.forms.places import MISSING, Path, clear, get, matching, parse_name, pattern_of, put
from service.forms.rules import Judgement, judge_data
from service.forms.scope import Instance, initialise_data, output, settle
from service.forms.values import is_empty, sanitise

NO_FUNCTIONS: Mapping[str, Function] = {}


@dataclass(frozen=True)
class Submission:
    """A judged submission: `data` counts only when there are no `problems`; `shown` is all that was entered."""

    data: dict[str, Any]
    shown: dict[str, Any]
    problems: tuple[FieldProblem, ...] = field(default=())


def take(
    compiled: CompiledForm,
    pairs: Iterable[tuple[str, str]],
    *,
    stored: Mapping[str, Any],
    roles: Collection[str],
    variables: Mapping[str, Any],
    functions: Mapping[str, Function] = NO_FUNCTIONS,
    today: date,
    attachments: Collection[str],
) -> Submission:
    """Judge the pairs of an HTML form.

    `stored` is what the server has (draft or prefill): the source of every field that is not written here.
    `attachments` are all ids a file field may name: those of the case, those uploaded in this request.
    Names the form does not have, or the roles may not write, are problems; a field that a condition hides is dropped;
    a read-only one keeps its stored value.
    """
    entry = read_pairs(compiled, pairs, stored, roles)
    evaluator = Evaluator(compiled.formulas, variables, functions)
    return _judged(entry, stored, roles, evaluator, today=today, attachments=attachments)


def judge(
    compiled: CompiledForm,
    data: Mapping[str, Any],
    *,
    roles: Collection[str],
    variables: Mapping[str, Any],
    functions: Mapping[str, Function] = NO_FUNCTIONS,
    today: date,
    attachments: Collection[str],
    stored: Mapping[str, Any] | None = None,
) -> Submission:
    """Judge a JSON body by the same rules: its names and kinds must be the form's, a list is the whole list."""
    have = stored or {}
    entry = overlay(compiled, data, have, roles)
    evaluator = Evaluator(compiled.formulas, variables, functions)
    return _judged(entry, have, roles, evaluator, today=today, attachments=attachments)


def enter(
    compiled: CompiledForm,
    pairs: Iterable[tuple[str, str]],
    *,
    stored: Mapping[str, Any],
    roles: Collection[str],
    variables: Mapping[str, Any],
    functions: Mapping[str, Function] = NO_FUNCTIONS,
    attachments: Collection[str] | None = None,
) -> tuple[dict[str, Any], list[FieldProblem]]:
    """A draft: stored data with what was entered laid over it, unjudged; what is no number stays as typed.

    The list tells of names that were not accepted and of values that cannot be read. With `attachments`, a file field
    that names another id is cleared and told: whoever later trusts the ids of a draft must give them here.
    """
    entry = read_pairs(compiled, pairs, stored, roles)
    if attachments is not None:
        drop_foreign_files(entry, attachments)
    evaluator = Evaluator(compiled.formulas, variables, functions)
    settled, _ = _settled(compiled, entry.data, stored, evaluator, submitting=False)
    told = [_told(entry, path, code) for path, code in entry.unread.items()]
    return settled, [*entry.refused, *told]


def change_rows(
    compiled: CompiledForm, shown: Mapping[str, Any], add: str | None = None, remove: str | None = None
) -> dict[str, Any]:
    """The page's own buttons, without JavaScript: one row more at the end of `add`, or the row `remove` gone.

    Buttons that name no list, or a row that is not there, change nothing. Keep the result as the draft: rows are
    matched with stored ones by number.
    """
    out = deepcopy(dict(shown))
    if add and (path := parse_name(add)) and _is_list(compiled, path):
        put(out, path, [*_rows(out, path), {}])
    if remove and (path := parse_name(remove)) and isinstance(path[-1], int) and _is_list(compiled, path[:-1]):
        rows = _rows(out, path[:-1])
        put(out, path[:-1], rows[: path[-1]] + rows[path[-1] + 1 :])
    return initialise_data(compiled.form, out, lenient=False)


def begin(
    compiled: CompiledForm,
    given: Mapping[str, Any],
    *,
    variables: Mapping[str, Any],
    functions: Mapping[str, Function] = NO_FUNCTIONS,
) -> dict[str, Any]:
    """What a form opens with that nobody has filled in yet: what is given, and `starts-as` where nothing is."""
    evaluator = Evaluator(compiled.formulas, variables, functions)
    out, root = deepcopy(dict(given)), evaluator.root({})
    for place, node in compiled.patterns.items():
        written = node.properties.get(STARTS_AS)
        if isinstance(written, str) and None not in place and get(out, cast(Path, place), MISSING) is MISSING:
            value = sanitise(node, plain(evaluator.value(written, root)))
            if not is_empty(value):
                put(out, cast(Path, place), value)
    return out


def initialise(compiled: CompiledForm, given: Mapping[str, Any]) -> dict[str, Any]:
    """The data a form opens with: what the process gives (prefill), defaults, empty values; other names are dropped."""
    return initialise_data(compiled.form, given, lenient=True)


def redact(compiled: CompiledForm, data: Mapping[str, Any], *, roles: Collection[str]) -> dict[str, Any]:
    """The data without what `per-role` hides from these roles: for every door that gives data out."""
    may = levels(compiled.form, roles)
    out = deepcopy(dict(data))
    for pattern, node in compiled.patterns.items():
        if may[node.id] == "hidden":
            for path in matching(out, pattern):
                clear(out, path)
    return out


def summary(submission: Submission, lang: Language = "zh") -> list[tuple[str, str]]:
    """(id of the control to jump to, `label（第 2 行）：…`) for each problem, in page order."""
    return summary_of(submission.problems, lang)


def _judged(
    entry: Entry,
    stored: Mapping[str, Any],
    roles: Collection[str],
    evaluator: Evaluator,
    *,
    today: date,
    attachments: Collection[str],
) -> Submission:
    compiled = entry.compiled
    settled, tree = _settled(compiled, entry.data, stored, evaluator, submitting=True)
    out = output(tree, settled)
    judgement = Judgement(tree, evaluator)
    judged = deepcopy(out)
    for path, code in entry.unread.items():
        if path in judgement.at and not judgement.at[path].hidden:
            judgement.add(path, code, get(out, path))
            put(judged, path, None)
    judge_data(judgement, judged, compiled.validator, today=today, attachments=attachments)
    may = levels(compiled.form, roles)
    unread = set(entry.unread)
    mine = [problem for problem in judgement.problems() if _is_answerable(compiled, problem, may, unread)]
    form_wide = [_form_wide("too-complex")] if evaluator.exhausted else []
    return Submission(out, settled, (*form_wide, *entry.refused, *mine))


def _is_answerable(compiled: CompiledForm, problem: FieldProblem, may: Mapping[str, str], unread: set[Path]) -> bool:
    """Whether the person can act on it: a field they may not write is the server's; an unread one is told of once."""
    path = parse_name(problem.control)
    node = compiled.patterns.get(pattern_of(path))
    if node is not None and may[node.id] != "write":
        return False
    return path not in unread or not problem.code.startswith("required")


def _settled(
    compiled: CompiledForm,
    entered: Mapping[str, Any],
    stored: Mapping[str, Any],
    evaluator: Evaluator,
    *,
    submitting: bool,
) -> tuple[dict[str, Any], Instance]:
    """Conditions and computed fields worked out, with read-only fields taken from the server.

    Repeated until nothing changes: a value sent for a read-only field must not decide what else is hidden or read-only.
    """
    data = initialise_data(compiled.form, entered, lenient=False)
    original = initialise_data(compiled.form, stored, lenient=True)
    data, tree = settle(compiled.form, data, evaluator, submitting=submitting)
    for _ in range(ROUNDS):
        if not _restore(data, original, tree):
            break
        data, tree = settle(compiled.form, data, evaluator, submitting=submitting)
    return data, tree


def _restore(data: dict[str, Any], original: Mapping[str, Any], tree: Instance) -> bool:
    changed = False
    for found in tree.walk():
        if not (found.readonly and found.node.is_field) or found.node.is_computed:
            continue
        value = get(original, found.path)
        if value != get(data, found.path):
            put(data, found.path, deepcopy(value))
            changed = True
    return changed


def _rows(data: Mapping[str, Any], path: Path) -> list[Any]:
    rows = get(data, path)
    return rows if isinstance(rows, list) else []


def _is_list(compiled: CompiledForm, path: Path) -> bool:
    node = compiled.patterns.get(pattern_of(path))
    return node is not None and node.repeats


def _told(entry: Entry, path: Path, code: str) -> FieldProblem:
    return entry.problem(path, code)


def _form_wide(code: str) -> FieldProblem:
    code, zh, en = describe(code, None, None, None)
    return FieldProblem("", "", code, zh, en)
