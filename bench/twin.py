"""One process of 41 nodes in three dialects: FEEL for ours, Python for the bare library, JavaScript for bpmn-engine.

Ten user tasks (one a loop over experts), five reminders, a decision, five questions, an event gateway, a parallel
split: what a recognition procedure is made of, with nothing that only one of them can run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"

# (task, variables its form sets, whether a reminder hangs on it)
TASKS = (
    ("declare", ("rnd_staff", "patents", "years"), False),
    ("county", ("d1",), True),
    ("city", ("d2",), True),
    ("accept", (), False),
    ("assign", ("experts",), False),
    ("review", ("vote",), True),
    ("meeting", ("d3",), True),
    ("handle", (), False),
    ("paper", (), True),
    ("filing", (), False),
)
# (from, to, condition in FEEL, condition in Python)
FLOWS: tuple[tuple[str, str, str, str], ...] = (
    ("s", "declare", "", ""),
    ("declare", "elig", "", ""),
    ("elig", "g0", "", ""),
    ("g0", "county", "ok", "ok"),
    ("g0", "rejected", "not(ok)", "not ok"),
    ("county", "g1", "", ""),
    ("g1", "city", 'd1 = "pass"', 'd1 == "pass"'),
    ("g1", "declare", 'd1 = "return"', 'd1 == "return"'),
    ("g1", "rejected", 'd1 = "reject"', 'd1 == "reject"'),
    ("city", "g2", "", ""),
    ("g2", "accept", 'd2 = "pass"', 'd2 == "pass"'),
    ("g2", "county", 'd2 = "return"', 'd2 == "return"'),
    ("accept", "assign", "", ""),
    ("assign", "review", "", ""),
    ("review", "score", "", ""),
    ("score", "g3", "", ""),
    ("g3", "meeting", "score >= 60", "score >= 60"),
    ("g3", "rejected", "score < 60", "score < 60"),
    ("meeting", "g4", "", ""),
    ("g4", "wait", 'd3 = "pass"', 'd3 == "pass"'),
    ("g4", "rejected", 'd3 != "pass"', 'd3 != "pass"'),
    ("wait", "objection", "", ""),
    ("wait", "published", "", ""),
    ("objection", "handle", "", ""),
    ("handle", "merge", "", ""),
    ("published", "merge", "", ""),
    ("merge", "split", "", ""),
    ("split", "paper", "", ""),
    ("split", "filing", "", ""),
    ("paper", "join", "", ""),
    ("filing", "join", "", ""),
    ("join", "filed", "", ""),
)
RULES = ((">= 30", ">= 5", ">= 2", True), ("< 30", "", "", False), ("", "< 5", "", False))
FIRST_DATA = {"rnd_staff": 50, "patents": 9, "years": 3}


def ours() -> bytes:
    """The process as the engine reads it."""
    return _process(feel=True).encode()


def theirs() -> bytes:
    """The process as SpiffWorkflow's own parser reads it."""
    return _process(feel=False).encode()


def javascript() -> bytes:
    """The process as npm `bpmn-engine` reads it: script tasks decide and add up; its variables stand in `values`."""
    timer = '<timerEventDefinition><timeDuration xsi:type="tFormalExpression">P9D</timeDuration></timerEventDefinition>'
    nodes = [
        '<startEvent id="s"/><endEvent id="filed"/><endEvent id="rejected"/><eventBasedGateway id="wait"/>',
        *(f'<exclusiveGateway id="{gateway}"/>' for gateway in ("g0", "g1", "g2", "g3", "g4", "merge")),
        '<parallelGateway id="split"/><parallelGateway id="join"/>',
        '<intermediateCatchEvent id="objection"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>',
        f'<intermediateCatchEvent id="published">{timer}</intermediateCatchEvent>',
        _script("elig", "values.ok = values.rnd_staff >= 30 && values.patents >= 5 && values.years >= 2; next();"),
        _script("score", "next();"),
    ]
    for task, _, reminded in TASKS:
        nodes.append(f'<userTask id="{task}"/>')
        if reminded:
            nodes.append(
                f'<boundaryEvent id="t-{task}" attachedToRef="{task}" cancelActivity="false">{timer}</boundaryEvent>'
                f'<task id="remind-{task}"/><endEvent id="reminded-{task}"/>'
            )
    spaces = f'xmlns="{BPMN}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    body = "".join((*nodes, *_flows(_in_javascript)))
    return (
        f'<definitions {spaces} id="defs" targetNamespace="bench"><message id="m" name="objection"/>'
        f'<process id="p" isExecutable="true">{body}</process></definitions>'
    ).encode()


def _script(task: str, text: str) -> str:
    script = escape(f"const {{ values }} = this.environment.variables; {text}")
    return f'<scriptTask id="{task}" scriptFormat="javascript"><script>{script}</script></scriptTask>'


def _in_javascript(_feel: str, python: str) -> str:
    text = python.replace("not ", "!").replace("==", "===").replace("!=", "!==")
    text = re.sub(r"\b(ok|d\d|score)\b", r"values.\1", text)
    script = escape(f"const {{ values }} = this.environment.variables; next(null, {text});")
    return f'<conditionExpression xsi:type="tFormalExpression" language="javascript">{script}</conditionExpression>'


def _in_feel(feel: str, _python: str) -> str:
    return f"<conditionExpression>{escape(f'={feel}')}</conditionExpression>"


def _in_python(_feel: str, python: str) -> str:
    return f"<conditionExpression>{escape(python)}</conditionExpression>"


def decision(*, feel: bool) -> bytes:
    """The decision `eligible`; the library's cells are Python."""
    names = ("rnd_staff", "patents", "years")
    inputs = "".join(
        f'<input id="i{name}" label="{name}"><inputExpression id="e{name}" typeRef="number"><text>{name}</text>'
        "</inputExpression></input>"
        for name in names
    )
    rules = "".join(
        f'<rule id="r{number}">'
        + "".join(
            f'<inputEntry id="r{number}i{at}"><text>{escape(cell)}</text></inputEntry>' for at, cell in enumerate(cells)
        )
        + f'<outputEntry id="r{number}o"><text>{str(out).lower() if feel else out}</text></outputEntry></rule>'
        for number, (*cells, out) in enumerate(RULES)
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="bench">'
        '<decision id="eligible" name="eligible"><variable id="v" name="eligible"/>'
        f'<decisionTable id="t" hitPolicy="FIRST">{inputs}<output id="o" name="ok" typeRef="boolean"/>'
        f"{rules}</decisionTable></decision></definitions>"
    ).encode()


def _process(*, feel: bool) -> str:
    body = "".join((*_nodes(feel=feel), *_flows(_in_feel if feel else _in_python)))
    spaces = f'xmlns="{BPMN}" xmlns:zeebe="{ZEEBE}" xmlns:spiffworkflow="{SPIFF}"'
    return (
        f'<definitions {spaces} id="defs" targetNamespace="bench">'
        f'<message id="m" name="objection"/><process id="p" name="p" isExecutable="true">{body}</process></definitions>'
    )


def _nodes(*, feel: bool) -> Iterator[str]:
    yield '<startEvent id="s"/><endEvent id="filed"/><endEvent id="rejected"/>'
    for gateway in ("g0", "g1", "g2", "g3", "g4", "merge"):
        yield f'<exclusiveGateway id="{gateway}"/>'
    yield '<parallelGateway id="split"/><parallelGateway id="join"/><eventBasedGateway id="wait"/>'
    yield '<intermediateCatchEvent id="objection"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>'
    yield f'<intermediateCatchEvent id="published">{_timer(feel, 9)}</intermediateCatchEvent>'
    for number, (task, variables, reminded) in enumerate(TASKS):
        yield _user_task(task, variables, feel=feel)
        if reminded:
            timer = _timer(feel, number)
            yield f'<boundaryEvent id="t-{task}" attachedToRef="{task}" cancelActivity="false">{timer}</boundaryEvent>'
            yield f'<task id="remind-{task}"/><endEvent id="reminded-{task}"/>'
    if feel:
        extension = '<zeebe:calledDecision decisionId="eligible" resultVariable="ok"/>'
        output = '<zeebe:ioMapping><zeebe:output source="=mean(votes)" target="score"/></zeebe:ioMapping>'
        yield f'<task id="score"><extensionElements>{output}</extensionElements></task>'
    else:
        extension = "<spiffworkflow:calledDecisionId>eligible</spiffworkflow:calledDecisionId>"
        yield '<scriptTask id="score"><script>score = sum(votes) / max(1, len(votes))</script></scriptTask>'
    yield f'<businessRuleTask id="elig"><extensionElements>{extension}</extensionElements></businessRuleTask>'


def _user_task(task: str, variables: tuple[str, ...], *, feel: bool) -> str:
    loop = ""
    if not feel:
        if task == "review":
            loop = (
                "<multiInstanceLoopCharacteristics><loopDataInputRef>experts</loopDataInputRef>"
                '<loopDataOutputRef>votes</loopDataOutputRef><inputDataItem id="expert"/><outputDataItem id="vote"/>'
                "</multiInstanceLoopCharacteristics>"
            )
        return f'<userTask id="{task}" name="{task}">{loop}</userTask>'
    if task == "review":
        loop = (
            "<multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics "
            'inputCollection="=experts" inputElement="expert" outputCollection="votes" outputElement="=vote"/>'
            "</extensionElements></multiInstanceLoopCharacteristics>"
        )
    outputs = "".join(f'<zeebe:output source="={name}" target="{name}"/>' for name in variables)
    mapping = f"<zeebe:ioMapping>{outputs}</zeebe:ioMapping>" if outputs else ""
    groups = f'<zeebe:assignmentDefinition candidateGroups="=groups(&quot;{task}&quot;)"/>'
    form = f'<zeebe:formDefinition formId="f-{task}"/>'
    extensions = f"<extensionElements><zeebe:userTask/>{form}{groups}{mapping}</extensionElements>"
    return f'<userTask id="{task}" name="{task}">{extensions}{loop}</userTask>'


def _timer(feel: bool, days: int) -> str:
    return f"<timerEventDefinition><timeDate>{'=' if feel else ''}due({days})</timeDate></timerEventDefinition>"


def _flows(condition: Callable[[str, str], str]) -> Iterator[str]:
    reminders = tuple(
        flow
        for task, _, reminded in TASKS
        if reminded
        for flow in ((f"t-{task}", f"remind-{task}", "", ""), (f"remind-{task}", f"reminded-{task}", "", ""))
    )
    for source, target, feel, python in FLOWS + reminders:
        ends = f'sourceRef="{source}" targetRef="{target}"'
        inside = condition(feel, python) if feel else ""
        yield f'<sequenceFlow id="{source}--{target}" {ends}>{inside}</sequenceFlow>'
