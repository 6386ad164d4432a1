"""Separation of duties (domain §15) in each programme: from its diagrams, and by the rule itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from service.domain.access import CaseFacts as Facts
from service.domain.access import TaskFacts, why_not
from service.domain.errors import NotAllowed
from service.domain.identity import Actor, Grant, group_at
from service.programmes.closure import Closure, resolve
from service.programmes.folder import read_folder
from service.programmes.scan import ElementUse, literals
from tests.support.factories import AT

ROOT = Path(__file__).resolve().parents[2]
PROGRAMMES = sorted(one.parent.name for one in (ROOT / "bpmn").glob("*/programme.toml"))
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"

# Two acts that one person does not both do in a case, by the forms they are done with.
APART = (
    ("submission", "local-checklist"),
    ("submission", "completeness-checklist"),
    ("submission", "expert-score"),
    ("submission", "meeting-record"),
    ("local-checklist", "completeness-checklist"),
    ("local-checklist", "meeting-record"),
    ("completeness-checklist", "meeting-record"),
    ("completeness-checklist", "exception-opinion"),
    ("expert-score", "meeting-record"),
    ("expert-draw", "draw-witness"),
    ("expert-draw", "expert-score"),
    ("meeting-record", "meeting-minutes"),
    ("filing", "sign-off"),
)
# What a programme does not have: its notice names no such step.
WITHOUT = {"changchun-manufacturing-innovation-centre": {"local-checklist"}}


@cache
def closure_of(programme: str) -> Closure:
    """The models of a programme as they ship."""
    found, _problems = resolve(read_folder(ROOT, programme), programme)
    return found


def tasks(programme: str) -> Iterator[ElementUse]:
    """Every task that a person does in it."""
    for process in closure_of(programme).processes.values():
        yield from (element for element in process.elements if element.kind == "userTask")


def roles_of(programme: str, element: ElementUse) -> set[str]:
    """The roles that may take the task: literals, and those that callers map into its process."""
    found = {name for name, is_literal in element.roles if is_literal}
    wanted = {name for name, is_literal in element.roles if not is_literal}
    for process in closure_of(programme).processes.values():
        for caller in process.elements:
            if caller.called == element.process:
                found |= {text for target, source in caller.inputs if target in wanted for text in literals(source)}
    return found


def refused(before: str, element: str, role: str, not_by: frozenset[str] = frozenset()) -> bool:
    """Whether the rule refuses the task to who did `element` as `before`, holding every role there is."""
    roles = frozenset({Grant(before, 1, "/1/"), Grant(role, 1, "/1/")})
    person = Actor(7, "某人", 1, roles, expert_id=7)
    groups = frozenset({"expert:7" if role == "expert" else group_at(role, 1)})
    acted = frozenset({(element, before)})
    task = TaskFacts(Facts(authority_path="/1/"), groups, acted=acted, not_by=not_by)
    return isinstance(why_not(person, "work-on-task", task, AT), NotAllowed)


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_two_duties_are_two_roles_and_the_rule_refuses_one_person_both(programme: str) -> None:
    by_form: dict[str, list[ElementUse]] = {}
    for element in tasks(programme):
        by_form.setdefault(element.form, []).append(element)
    wanted = {form for pair in APART for form in pair}
    assert wanted - by_form.keys() == WITHOUT.get(programme, set())
    for first, second in APART:
        for one in by_form.get(first, ()):
            for other in by_form.get(second, ()):
                for before in roles_of(programme, one):
                    for after in roles_of(programme, other):
                        assert before != after, (one.id, other.id)
                        assert refused(before, one.id, after), (one.id, before, other.id, after)
                        assert refused(after, other.id, before), (other.id, after, one.id, before)


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_who_prepares_is_not_who_checks_where_both_have_one_role(programme: str) -> None:
    shown = 0
    elements = {(element.process, element.id): element for element in tasks(programme)}
    for (process, name), not_by in _kept_apart(programme):
        for other in not_by:
            assert (process, other) in elements, f"{process}: not-by of {name} names no task {other}"
            for role in roles_of(programme, elements[process, name]):
                assert refused(role, other, role, frozenset(not_by)), (process, name, other, role)
                assert not refused(role, "another-task", role, frozenset(not_by))
                shown += 1
    assert shown >= 6


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_nothing_is_revoked_without_a_meeting(programme: str) -> None:
    process = closure_of(programme).processes.get("revocation")
    if process is None:
        assert programme == "guizhou-manufacturing-innovation-centre", "its notice names no revocation"
        return
    strike = {element.id for element in process.elements if element.operation == "strike-off"}
    meeting = {element.id for element in process.elements if element.called == "meeting-review"}
    assert strike
    assert meeting
    start = {element.id for element in process.elements if element.kind == "startEvent"}
    flows = _flows(programme, process.file)
    assert strike & _reached(flows, start, frozenset())
    assert not strike & _reached(flows, start, frozenset(meeting))


def _kept_apart(programme: str) -> Iterator[tuple[tuple[str, str], list[str]]]:
    for file in {process.file for process in closure_of(programme).processes.values()}:
        root = etree.fromstring(closure_of(programme).files[file])
        for process in root.iter(f"{BPMN}process"):
            for task in process.iter(f"{BPMN}userTask"):
                for one in task.iter(f"{ZEEBE}property"):
                    if one.get("name") == "not-by":
                        yield (process.get("id", ""), task.get("id", "")), one.get("value", "").split()


def _flows(programme: str, file: str) -> list[tuple[str, str]]:
    root = etree.fromstring(closure_of(programme).files[file])
    drawn = [(flow.get("sourceRef", ""), flow.get("targetRef", "")) for flow in root.iter(f"{BPMN}sequenceFlow")]
    return drawn + [(one.get("attachedToRef", ""), one.get("id", "")) for one in root.iter(f"{BPMN}boundaryEvent")]


def _reached(flows: list[tuple[str, str]], start: set[str], closed: frozenset[str]) -> set[str]:
    found, left = set(start), list(start)
    while left:
        here = left.pop()
        for source, target in flows:
            if source == here and target not in found | closed:
                found.add(target)
                left.append(target)
    return found
