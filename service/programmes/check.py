"""Everything wrong with a programme, together: manifest, diagrams, decisions, forms, letters, and the names they share.

Nothing stops at the first problem, so a designer mends all of them in one round.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from pathlib import Path

from service.dmn import DecisionModel
from service.domain.errors import DeploymentRefused, Problem
from service.engine import check_files
from service.feel import FeelSyntaxError, compile_expression
from service.forms import CompiledForm, check_form, compile_form, read_form
from service.programmes.case_names import Reader, unknown_names
from service.programmes.case_types import case_types, misfits
from service.programmes.closure import Closure, resolve
from service.programmes.compiled import diagrams, letter_of, problem_of, read_decisions
from service.programmes.folder import read_folder
from service.programmes.functions import FUNCTION_NAMES
from service.programmes.letters import CompiledLetter, check_letter
from service.programmes.manifest import Manifest
from service.programmes.scan import ElementUse, literals

# the engine says again what the closure has said of the same element
_SAID_BY_CLOSURE = {"unknown-form", "unknown-decision", "unknown-process"}
# A file that cannot be read, and what seems wrong elsewhere because nobody knows what stands in it.
_UNREADABLE = {"xml-unreadable", "xml-doctype", "form-unreadable", "file-too-large"}
_ECHOES = {
    "no-process", "process-missing", "form-missing", "decision-missing", "orphan", "deadline-unused", "name-unknown",
}  # fmt: skip


def check_programme(files: Mapping[str, bytes], key: str, *, operations: Set[str] | None = None) -> list[Problem]:
    """Every problem of programme `key` in `files`, errors first; `operations` None: operation names are not checked."""
    try:
        closure, dangling = resolve(files, key)
    except DeploymentRefused as refused:
        return list(refused.problems)
    problems = [*dangling]
    models = _decisions(closure, problems)
    decisions = {name: model for model in models.values() for name in model.decisions}
    forms = _forms(closure, problems)
    letters = _letters(closure, problems)
    problems += _diagrams(closure, decisions, operations)
    problems += [problem for element in _elements(closure) for problem in _names(closure, element)]
    problems += _letter_deadlines(closure, letters)
    if len(forms) == len(closure.forms):
        # where a form cannot be read, its fields are not known, and every name of theirs would look misspelt
        fields = {form.id: form.schema.get("properties", {}).keys() for form in forms.values()}
        problems += unknown_names(_readers(closure, models, forms, letters), fields)
        types = case_types({form.id: form.schema for form in forms.values()})
        problems += misfits(_elements(closure), models.values(), types)
    problems += [*_manifest(closure), *_jobs(closure, operations or ())]
    problems += [_orphan(path) for path in closure.orphans]
    if any(problem.code in _UNREADABLE for problem in problems):
        problems = [problem for problem in problems if problem.code not in _ECHOES]
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.order)


def check_folder(root: Path, key: str, *, operations: Set[str] | None = None) -> list[Problem]:
    """The same for a programme in a folder. Raises NotFound where it has none of that key."""
    return check_programme(read_folder(root, key), key, operations=operations)


def _decisions(closure: Closure, problems: list[Problem]) -> dict[str, DecisionModel]:
    found: dict[str, DecisionModel] = {}
    for path in dict.fromkeys(closure.decisions.values()):
        try:
            model = read_decisions(closure.files[path], path)
        except DeploymentRefused as refused:
            problems += refused.problems
        else:
            found[path] = model
            problems += map(problem_of, model.check())
    return found


def _forms(closure: Closure, problems: list[Problem]) -> dict[str, CompiledForm]:
    found: dict[str, CompiledForm] = {}
    for name, path in closure.forms.items():
        try:
            form = read_form(closure.files[path], file=path)
            problems += check_form(form, roles=closure.manifest.roles.keys(), functions=FUNCTION_NAMES)
            found[path] = compile_form(form, functions=FUNCTION_NAMES)
        except DeploymentRefused as refused:
            problems += refused.problems
        if path.rpartition("/")[2] != f"{name}.form":
            zh, en = (
                f"文件名应为“{name}.form”，与表单 id 一致。",
                f"The file should be called “{name}.form”, as its id.",
            )
            problems.append(Problem(path, "", "form-file-name", zh, en, level="warning"))
    return found


def _letters(closure: Closure, problems: list[Problem]) -> dict[str, CompiledLetter]:
    found: dict[str, CompiledLetter] = {}
    manifest = closure.manifest
    for path in closure.letters.values():
        try:
            letter = letter_of(closure, path)
        except DeploymentRefused as refused:
            problems += refused.problems
        else:
            problems += check_letter(letter, file=path, roles=manifest.roles.keys(), numbers=manifest.numbers.keys())
            found[path] = letter
    return found


def _diagrams(closure: Closure, decisions: Mapping[str, DecisionModel], operations: Set[str] | None) -> list[Problem]:
    found = check_files(
        diagrams(closure),
        decisions=decisions,
        functions=FUNCTION_NAMES,
        operations=None if operations is None else operations | closure.manifest.jobs.keys(),
        forms=closure.forms.keys(),
        procedures=closure.manifest.procedures.keys(),
    )
    broken = closure.decisions.keys() - decisions.keys()
    elements = {(element.file, element.id): element for element in _elements(closure)}
    return [problem for problem in found if not _repeats(problem, elements, closure, broken)]


def _repeats(
    problem: Problem,
    elements: Mapping[tuple[str, str], ElementUse],
    closure: Closure,
    broken: Collection[str],
) -> bool:
    """Whether the engine misses something that has been reported already: as missing, or as a file with problems."""
    element = elements.get((problem.file, problem.element))
    if element is None or problem.code not in _SAID_BY_CLOSURE:
        return False
    missing_form = element.form and element.form not in closure.forms
    missing_process = element.called and element.called not in closure.processes
    no_decision = element.decision and (element.decision not in closure.decisions or element.decision in broken)
    return bool(missing_form or missing_process or no_decision)


def _elements(closure: Closure) -> Iterator[ElementUse]:
    for process in closure.processes.values():
        yield from process.elements


def _names(closure: Closure, element: ElementUse) -> Iterator[Problem]:
    """Deadlines and roles that the manifest does not know."""
    for name in element.deadlines:
        if name not in closure.manifest.deadlines:
            yield _unknown(element, "deadline", name)
    for name, is_literal in element.roles:
        wanted = [name] if is_literal else sorted(_mapped_in(closure, element.process, name))
        if not is_literal and not wanted:
            zh = f"角色变量“{name}”没有由任何调用活动以文字传入。"
            en = f"No call activity maps a text into the role variable “{name}”."
            yield _problem(element, "role-unmapped", zh, en)
        for role in wanted:
            if role not in closure.manifest.roles:
                yield _unknown(element, "role", role)


def _mapped_in(closure: Closure, process: str, variable: str) -> set[str]:
    """The texts that call activities of the closure give to a variable of `process`."""
    return {
        value
        for caller in _elements(closure)
        if caller.called == process
        for target, source in caller.inputs
        if target == variable
        for value in literals(source)
    }


def _readers(
    closure: Closure,
    models: Mapping[str, DecisionModel],
    forms: Mapping[str, CompiledForm],
    letters: Mapping[str, CompiledLetter],
) -> Iterator[Reader]:
    """Everything in the models that reads the case, with the paths it reads."""
    for element in _elements(closure):
        yield Reader(element.file, element.id, element.name, element.line, _paths(element.expressions))
    yield from (Reader(file, "", "", 0, form.paths) for file, form in forms.items())
    yield from (Reader(file, "", "", 0, letter.paths) for file, letter in letters.items())
    told: set[tuple[str, ...]] = set()
    found = [(file, decision) for file, model in models.items() for decision in model.decisions.values()]
    # a decision's paths hold those of what it requires: told of the smallest, the one that reads them itself
    for file, decision in sorted(found, key=lambda one: len(one[1].paths)):
        yield Reader(file, decision.id, decision.name, 0, frozenset(decision.paths) - told)
        told |= decision.paths


def _paths(expressions: Iterable[str]) -> frozenset[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for text in expressions:
        try:
            found |= compile_expression(text[1:], names=FUNCTION_NAMES).paths
        except FeelSyntaxError:
            continue  # the engine has told it, of the same element
    return frozenset(found)


def _unknown(element: ElementUse, kind: str, name: str) -> Problem:
    what = {"deadline": "期限", "role": "角色"}[kind]
    zh, en = f"清单中没有{what}“{name}”。", f"The manifest has no {kind} “{name}”."
    return _problem(element, f"{kind}-unknown", zh, en)


def _problem(element: ElementUse, code: str, zh: str, en: str) -> Problem:
    return Problem(element.file, element.id, code, zh, en, name=element.name, line=element.line)


def _letter_deadlines(closure: Closure, letters: Mapping[str, CompiledLetter]) -> Iterator[Problem]:
    for path, letter in letters.items():
        for name in letter.deadlines:
            if name not in closure.manifest.deadlines:
                zh, en = f"清单中没有期限“{name}”。", f"The manifest has no deadline “{name}”."
                yield Problem(path, "", "deadline-unknown", zh, en)


def _manifest(closure: Closure) -> Iterator[Problem]:
    """Deadlines that nothing asks for: a rule that never runs is more likely a misspelt name than a spare one."""
    asked = {name for element in _elements(closure) for name in element.deadlines}
    for name, rule in closure.manifest.deadlines.items():
        if name not in asked and rule.starts != "call":
            zh, en = f"没有流程用到期限“{name}”。", f"No diagram asks for the deadline “{name}”."
            yield Problem(
                closure.manifest.file, f"deadlines.{name}", "deadline-unused", zh, en, name=rule.name, level="warning"
            )
        yield from _bounds(closure.manifest, name)


def _bounds(manifest: Manifest, name: str) -> Iterator[Problem]:
    """A duty and the deadline of its name that ends with the duty's day move together, so neither may move further."""
    rule, duty = manifest.deadlines[name], manifest.duties.get(name)
    if duty is None or duty.every_years or rule.has_length or rule.event != "duty-due":
        return
    if rule.extension_months != duty.extension_months:
        ours, theirs = "不限" if rule.extension_months is None else rule.extension_months, duty.extension_months
        zh = f"期限最多顺延的月数（{ours}）与同名义务的（{theirs}）不一致，请改成一样。"
        en = "May be moved by other months than the duty of the same name; give both the same extension_months."
        yield Problem(manifest.file, f"deadlines.{name}.extension_months", "extension-differs", zh, en, name=rule.name)


def _jobs(closure: Closure, operations: Collection[str]) -> Iterator[Problem]:
    """Jobs of the manifest that are an operation already, and those that no service task asks for."""
    asked = {element.operation for element in _elements(closure)}
    for name, job in closure.manifest.jobs.items():
        place = (closure.manifest.file, f"jobs.{name}")
        if name in operations:
            zh, en = f"“{name}”是系统的操作，不能再作外部作业。", f"“{name}” is an operation of the service, not a job."
            yield Problem(*place, "job-is-operation", zh, en, name=job.name)
        elif name not in asked:
            zh, en = f"没有服务任务用到外部作业“{name}”。", f"No service task asks for the job “{name}”."
            yield Problem(*place, "job-unused", zh, en, name=job.name, level="warning")


def _orphan(path: str) -> Problem:
    zh, en = "没有流程用到这个文件，它不会发布。", "No procedure reaches this file; it is not published."
    return Problem(path, "", "orphan", zh, en, level="warning")
