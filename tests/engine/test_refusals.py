"""Models that are refused: each with file, element, name and reason in two languages, all problems at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from service.domain.errors import DeploymentRefused, Problem
from service.engine import check_files
from service.engine.problems import TEXTS
from tests.engine.play import bundle_of
from tests.engine.sketch import HEAD, Lines, sketch

REFUSED = json.loads((Path(__file__).parents[1] / "data/bpmn/refused.json").read_text(encoding="utf-8"))
ONE: Lines = ["start s", "user u", "end e", "s > u > e"]
EVENTS: Lines = ["start s", "catch t | timer duration PT1H", "end e", "events g", "s > g", "g > t > e"]


def _problems(xml: bytes, **known: Any) -> list[Problem]:
    with pytest.raises(DeploymentRefused) as refused:
        bundle_of(xml, **known)
    return list(refused.value.problems)


def _said(xml: bytes, **known: Any) -> set[tuple[str, str]]:
    return {(problem.element, problem.code) for problem in _problems(xml, **known)}


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["name"])
def test_what_we_do_not_run_is_refused_and_its_element_is_named(case: dict[str, str]) -> None:
    assert (case["element"], case["code"]) in _said(case["xml"].encode())


MORE: dict[str, tuple[tuple[str, str], Lines]] = {
    "cycle without a wait": (
        ("x", "endless-cycle"),
        ["start s", "end e", "xor x y", "task t", "s > x > t > y", "y > x if k > 1", "y ~ e"],
    ),
    "receive task after an event gateway": (
        ("r", "event-gateway-receive"),
        [*EVENTS, "receive r | message m key =1", "g > r > e"],
    ),
    "event gateway with one flow": (("g", "event-gateway-flows"), EVENTS),
    "computed message name": (
        ("w", "computed-name"),
        ["start s", 'catch w | message ="m" + k key =1', "end e", "s > w > e"],
    ),
    "process listener": (
        ("p", "unsupported-extension"),
        [*ONE, "<extensionElements><zeebe:executionListeners/></extensionElements>"],
    ),
    "user task listener": (("u", "unsupported-extension"), ["start s", "user u | zeebe taskListeners a=b", "s > u"]),
    "candidate users": (
        ("u", "candidate-users"),
        ["start s", "user u | zeebe assignmentDefinition candidateUsers=a", "s > u"],
    ),
    "form by key": (("u", "external-form"), ["start s", "user u | zeebe formDefinition formKey=a", "s > u"]),
    "bound to a tag": (
        ("u", "binding"),
        ["start s", "user u | zeebe formDefinition formId=a bindingType=versionTag", "s > u"],
    ),
    "priority of 101": (("u", "not-a-number"), ["start s", "user u | zeebe priorityDefinition priority=101", "s > u"]),
    "due date without zone": (
        ("u", "date-value"),
        ["start s", "user u | zeebe taskSchedule dueDate=2026-04-15", "s > u"],
    ),
    "extension twice": (
        ("u", "duplicated-extension"),
        ["start s", "user u | zeebe taskSchedule dueDate= | zeebe taskSchedule dueDate=", "s > u"],
    ),
    "a mapping into what FEEL is given": (("u", "reserved-name"), ["start s", "user u | out =1 -> case.x", "s > u"]),
    "a Chinese variable": (("u", "mapping-target"), ["start s", "user u | out =1 -> 结论", "s > u"]),
    "an error that does not interrupt": (
        ("b", "boundary-error"),
        ["start s", "job j", "on b j | error E1 | beside", "user n", "s > j", "b > n"],
    ),
    "an escalation at a task": (
        ("b", "boundary-escalation"),
        ["start s", "job j", "on b j | escalation X", "user n", "s > j", "b > n"],
    ),
    "the same error twice": (
        ("b2", "duplicate-catch"),
        ["start s", "job j", "on b j | error E1", "on b2 j | error E1", "user n", "s > j", "b > n", "b2 > n"],
    ),
    "the message of a receive task at its boundary": (
        ("b", "duplicate-catch"),
        ["start s", "receive r | message m key =1", "on b r | message m key =1 | beside", "user n", "s > r", "b > n"],
    ),
    "a boundary event that leads nowhere": (
        ("b", "boundary-without-flow"),
        ["start s", "user u", "on b u | timer duration PT1H", "s > u"],
    ),
    "a message end without operation": (("e", "no-operation"), ["start s", "end e | message m", "s > e"]),
    "an interrupting cycle in an event sub-process": (
        ("ws", "timer-cycle"),
        [*ONE, "eventsub w", ["start ws | timer cycle R3/PT1H", "end we", "ws > we"]],
    ),
    "a flow out of an end": (("e", "flow-from-end"), [*ONE, "e > u"]),
    "a flow into a start": (("s", "flow-into-start"), [*ONE, "u > s"]),
    "an error end without code": (("e", "throw-without-code"), ["start s", "end e | error", "s > e"]),
    "a called process that only a message starts": (
        ("c", "called-without-plain-start"),
        ["start s", "call c q", "s > c"],
    ),
    "a function nobody knows": (
        ("u", "unregistered-function"),
        ["start s", 'user u | zeebe assignmentDefinition candidateGroups==grups("lead")', "s > u"],
    ),
    "an id with a tilde": (("s~x", "illegal-id"), ["<startEvent id='s~x'/>"]),
    "an id with a slash": (("s/x", "illegal-id"), ["<startEvent id='s/x'/>"]),
    "a computed process": (
        ("c", "computed-reference"),
        ["start s", "call c q | zeebe calledElement processId==q", "s > c"],
    ),
}


@pytest.mark.parametrize(("said", "lines"), MORE.values(), ids=MORE.keys())
def test_more_that_is_refused(said: tuple[str, str], lines: Lines) -> None:
    assert said in _said(sketch(lines, {"q": ["start qs | message m", "user v", "qs > v"]}))


def test_all_problems_are_said_at_once_with_file_name_and_line() -> None:
    xml = HEAD + (
        '<process id="p" isExecutable="true">\n<startEvent id="s"/>\n<scriptTask id="a" name="算分"/>\n'
        '<serviceTask id="b" name="发通知"/>\n<sequenceFlow id="f" sourceRef="s" targetRef="a"/>\n'
        '<sequenceFlow id="g" sourceRef="a" targetRef="b"/></process></definitions>'
    )
    found = {problem.element: problem for problem in _problems(xml.encode())}
    assert {(p.element, p.code, p.file, p.name, p.line) for p in found.values()} == {
        ("a", "script-task", "m.bpmn", "算分", 3),
        ("b", "no-operation", "m.bpmn", "发通知", 4),
    }
    assert "脚本" in found["a"].zh
    assert "Scripts" in found["a"].en


def test_an_unsupported_node_is_one_problem_and_not_four() -> None:
    lines: Lines = ["start s", "<complexGateway id='n' name='N'/>", "end e", "s > n > e"]
    assert _said(sketch(lines)) == {("n", "unsupported-element")}


def test_what_a_model_refers_to_must_exist() -> None:
    xml = sketch(
        ["start s", "user u | zeebe formDefinition formId=f", "job j", "rule r d", "call c q", "s > u > j > r > c"]
    )
    assert _said(xml, operations=["notify"], forms=["declaration"]) == {
        ("u", "unknown-form"),
        ("j", "unknown-operation"),
        ("r", "unknown-decision"),
        ("c", "unknown-process"),
    }


def test_forms_and_operations_are_not_checked_where_they_are_not_known() -> None:
    lines: Lines = ["start s", "user u | zeebe formDefinition formId=f", "job j", "s > u > j"]
    assert bundle_of(sketch(lines)).elements("p")["u"].form == "f"


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b'<!DOCTYPE definitions [<!ENTITY a "b">]>' + sketch(ONE), "doctype"),
        (sketch(ONE) + b" " * (2 * 1024 * 1024), "too-large"),
        (b"<definitions/>", "not-bpmn"),
        (b"", "not-xml"),
        (f"{HEAD}</definitions>".encode(), "no-process"),
    ],
    ids=["doctype", "too large", "not bpmn", "empty", "no process"],
)
def test_a_file_that_is_no_model_is_refused(xml: bytes, code: str) -> None:
    assert [problem.code for problem in _problems(xml)] == [code]


def test_an_entity_bomb_is_not_unfolded() -> None:
    entities = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(20))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "ha">{entities}]><definitions>&e20;</definitions>'
    assert {problem.code for problem in _problems(bomb.encode())} <= {"doctype", "not-xml"}


def test_one_process_id_in_two_files_is_refused() -> None:
    with pytest.raises(DeploymentRefused) as refused:
        bundle_of({"a.bpmn": sketch(ONE), "b.bpmn": sketch(ONE)})
    assert [(p.file, p.element, p.code) for p in refused.value.problems] == [("b.bpmn", "p", "duplicate-process")]


def test_warnings_do_not_refuse_and_are_kept() -> None:
    xml = sketch(["start s", "task u", "s > u"])
    found = check_files({"m.bpmn": xml}, decisions={}, functions=(), operations=None, forms=None)
    assert [(p.element, p.code, p.level) for p in found] == [("u", "implicit-end", "warning")]
    assert [p.code for p in bundle_of(xml).warnings] == ["implicit-end"]


def test_an_error_that_nobody_throws_is_a_warning() -> None:
    xml = sketch(["start s", "user u", "on b u | error E1", "user n", "end e", "s > u > e", "b > n > e"])
    assert ("b", "error-never-thrown") in [(p.element, p.code) for p in bundle_of(xml).warnings]


def test_a_variable_that_nothing_sets_is_a_warning() -> None:
    xml = sketch(
        [
            "start s",
            "user u | out =result -> verdict",
            "user v | each =seats as seat | collect all =seat.id",
            "xor x",
            "end e",
            "s > u > v > x",
            'x > e if verdct = "pass" and count(all[score > 1]) > 1 and case.state = "draft"',
            "x ~ u",
        ]
    )
    assert [(p.element, p.code, p.zh) for p in bundle_of(xml).warnings] == [
        ("v", "never-set", "变量“seats”没有任何地方设置，会是空值。"),
        ("x-e", "never-set", "变量“verdct”没有任何地方设置，会是空值。"),
    ]


def test_any_legal_id_runs() -> None:
    lines: Lines = ["start Start", "user End Root _-.1", "end start", "Start > End > Root > _-.1 > start"]
    assert set(bundle_of(sketch(lines)).elements("p")) == {"Start", "End", "Root", "_-.1", "start"}


@pytest.mark.parametrize(("code", "texts"), TEXTS.items(), ids=TEXTS.keys())
def test_every_problem_is_worded_in_both_languages(code: str, texts: tuple[str, str]) -> None:
    zh, en = texts
    assert any("一" <= sign <= "鿿" for sign in zh)
    assert not any("一" <= sign <= "鿿" for sign in en)
    slots = [{part.split("}")[0] for part in text.split("{")[1:]} - {"zh", "en"} for text in texts]
    assert slots[1] <= slots[0] | {"kind"}, code
