"""A model in a few words, for tests: lines of `kind id … | option | option`, flows `a > b > c`.

`a > b if k = 1` has a condition, `a ~ b` is the default flow.

    kinds    start end user job task receive call(id process) rule(id decision) xor or and events catch throw
             on(id activity: a boundary event); a list after `sub x` or `eventsub x` is its inside
    options  in =x -> y | out =x -> y | each =items as item | collect list =expr | until =expr | in turn | beside
             timer duration PT1H | message m key =k | signal s | error E1 | escalation X | terminate | link L
             prop name value | zeebe TAG a=b | attr name=value

A line that begins with `<` is XML as it stands.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TypeAlias
from xml.sax.saxutils import escape, quoteattr

Lines: TypeAlias = list["str | Lines"]

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:camunda="http://camunda.org/schema/1.0/bpmn">'
)
KINDS = {
    "start": "startEvent",
    "end": "endEvent",
    "user": "userTask",
    "job": "serviceTask",
    "task": "task",
    "receive": "receiveTask",
    "call": "callActivity",
    "rule": "businessRuleTask",
    "xor": "exclusiveGateway",
    "or": "inclusiveGateway",
    "and": "parallelGateway",
    "events": "eventBasedGateway",
    "catch": "intermediateCatchEvent",
    "throw": "intermediateThrowEvent",
    "on": "boundaryEvent",
    "sub": "subProcess",
    "eventsub": "subProcess",
}
CODES = {"error": "errorCode", "escalation": "escalationCode"}


def sketch(lines: Lines, others: dict[str, Lines] | None = None) -> bytes:
    """The lines of process `p`, and of the processes it calls, as XML."""
    definitions: dict[str, str] = {}
    bodies = [
        f'<process id={quoteattr(key)} isExecutable="true">{_body(value, definitions)}</process>'
        for key, value in {"p": lines, **(others or {})}.items()
    ]
    return (HEAD + "".join(definitions.values()) + "".join(bodies) + "</definitions>").encode()


def _body(lines: Lines, definitions: dict[str, str]) -> str:
    defaults = dict(x.split(" ~ ") for x in lines if isinstance(x, str) and " ~ " in x)
    out = []
    for index, line in enumerate(lines):
        if not isinstance(line, str):
            continue
        head, *options = [part.strip() for part in line.split(" | ")]
        if line.startswith("<"):
            out.append(line)
        elif " ~ " in line:
            out.append(_flow(*line.split(" ~ ")))
        elif " > " in head:
            path, _, condition = line.partition(" if ")
            ids = path.split(" > ")
            out += [_flow(a, b, condition) for a, b in pairwise(ids)]
        else:
            inside = lines[index + 1] if head.split()[0].endswith("sub") else []
            assert isinstance(inside, list)
            out += _nodes(head, options, _body(inside, definitions), defaults, definitions)
    return "".join(out)


def _flow(source: str, target: str, condition: str = "") -> str:
    inner = f"<conditionExpression>={escape(condition)}</conditionExpression>" if condition else ""
    return f'<sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def _nodes(
    head: str, options: list[str], inner: str, defaults: dict[str, str], definitions: dict[str, str]
) -> list[str]:
    kind, *ids = head.split()
    to = ids.pop() if kind in ("on", "call", "rule") else ""
    return [_Element(kind, id_, to, defaults.get(id_), definitions).xml(options, inner) for id_ in ids]


class _Element:
    """One node on its way to XML."""

    def __init__(self, kind: str, id_: str, to: str, default: str | None, definitions: dict[str, str]) -> None:
        self.kind, self.id, self.to, self.definitions = kind, id_, to, definitions
        self.attributes = {"id": id_}
        self.extensions: list[str] = []
        self.mappings: list[str] = []
        self.properties: list[str] = []
        self.loop: dict[str, str] = {}
        self.turn, self.until, self.event = "false", "", ""
        if kind == "user":
            self.extensions.append("<zeebe:userTask/>")
        if kind == "on":
            self.attributes["attachedToRef"] = to
        if kind == "eventsub":
            self.attributes["triggeredByEvent"] = "true"
        if default:
            self.attributes["default"] = f"{id_}-{default}"

    def xml(self, options: list[str], inner: str) -> str:
        for option in options:
            self.option(option)
        self.defaults()
        if self.mappings:
            self.extensions.append(f"<zeebe:ioMapping>{''.join(self.mappings)}</zeebe:ioMapping>")
        if self.properties:
            self.extensions.append(f"<zeebe:properties>{''.join(self.properties)}</zeebe:properties>")
        extensions = "".join(self.extensions)
        if extensions:
            extensions = f"<extensionElements>{extensions}</extensionElements>"
        tag = KINDS[self.kind]
        attributes = " ".join(f"{name}={quoteattr(value)}" for name, value in self.attributes.items())
        return f"<{tag} {attributes}>{extensions}{self.many()}{self.event}{inner}</{tag}>"

    def defaults(self) -> None:
        said = "".join(self.extensions)
        if self.kind == "job" and "taskDefinition" not in said:
            self.extensions.append(f'<zeebe:taskDefinition type="{self.id}"/>')
        if self.kind == "call" and "calledElement" not in said:
            self.extensions.append(f'<zeebe:calledElement processId="{self.to}"/>')
        if self.kind == "rule":
            self.extensions.append(f'<zeebe:calledDecision decisionId="{self.to}" resultVariable="{self.to}"/>')

    def many(self) -> str:
        if not self.loop:
            return ""
        pairs = " ".join(f"{name}={quoteattr(value)}" for name, value in self.loop.items())
        return (
            f'<multiInstanceLoopCharacteristics isSequential="{self.turn}"><extensionElements>'
            f"<zeebe:loopCharacteristics {pairs}/></extensionElements>{self.until}</multiInstanceLoopCharacteristics>"
        )

    def option(self, option: str) -> None:
        word, _, rest = option.partition(" ")
        if word in ("in", "out") and "->" in rest:
            source, target = rest.split(" -> ")
            self.mappings.append(f"<zeebe:{word}put source={quoteattr(source)} target={quoteattr(target)}/>")
        elif word in ("each", "collect", "until", "in"):
            self.looping(word, rest)
        elif word in ("zeebe", "attr", "prop", "beside"):
            self.other(word, rest)
        else:
            self.event += self.definition(word, rest)

    def looping(self, word: str, rest: str) -> None:
        if word == "in":
            self.turn = "true"
        elif word == "each":
            self.loop["inputCollection"], _, self.loop["inputElement"] = rest.rpartition(" as ")
        elif word == "collect":
            self.loop["outputCollection"], self.loop["outputElement"] = rest.split(" ", 1)
        else:
            self.until = f"<completionCondition>{escape(rest)}</completionCondition>"

    def other(self, word: str, rest: str) -> None:
        if word == "zeebe":
            tag, *pairs = rest.split()
            attributes = (f"{name}={quoteattr(value)}" for name, value in (pair.split("=", 1) for pair in pairs))
            self.extensions.append(f"<zeebe:{tag} {' '.join(attributes)}/>")
        elif word == "prop":
            name, _, value = rest.partition(" ")
            self.properties.append(f"<zeebe:property name={quoteattr(name)} value={quoteattr(value)}/>")
        elif word == "attr":
            name, value = rest.split("=", 1)
            self.attributes[name] = value
        else:
            self.attributes["isInterrupting" if self.kind == "start" else "cancelActivity"] = "false"

    def definition(self, word: str, rest: str) -> str:
        if word == "timer":
            form, value = rest.split(" ", 1)
            return (
                f"<timerEventDefinition><time{form.title()}>{escape(value)}</time{form.title()}></timerEventDefinition>"
            )
        if word in ("terminate", "link"):
            return f"<{word}EventDefinition{f' name={quoteattr(rest)}' if rest else ''}/>"
        name, _, key = rest.partition(" key ")
        reference = "".join(c for c in f"{word}-{name}-{key}" if c.isalnum() or c == "-").strip("-")
        if name:
            subscription = f"<zeebe:subscription correlationKey={quoteattr(key)}/>" if key else ""
            inside = f"<extensionElements>{subscription}</extensionElements>" if key else ""
            code = CODES.get(word, "name")
            self.definitions[reference] = (
                f"<{word} id={quoteattr(reference)} {code}={quoteattr(name)}>{inside}</{word}>"
            )
        if self.kind == "receive":
            self.attributes["messageRef"] = reference
            return ""
        return f"<{word}EventDefinition{f' {word}Ref={quoteattr(reference)}' if name else ''}/>"
