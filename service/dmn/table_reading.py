"""Reads a decision table and says what is wrong with it."""

from __future__ import annotations

from service.dmn.hit_policies import AGGREGATIONS, POLICIES
from service.dmn.reading import NULL, Reading
from service.dmn.table import DecisionTable, Input, Output, Rule
from service.dmn.xml import Element, child, children, content_of, line_of, text_of
from service.feel import syntax as s

_ENTRY_NAMES = ("inputEntry", "outputEntry")


def read_table(reading: Reading, element: Element) -> DecisionTable:
    """A decision table as a node."""
    policy = element.get("hitPolicy") or "UNIQUE"
    aggregation = element.get("aggregation") or ""
    if policy not in POLICIES:
        zh, en = f"没有“{policy}”这种命中策略", f"there is no hit policy “{policy}”"
        reading.report(element, "hit-policy", zh, en)
        policy = "UNIQUE"
    if aggregation and (aggregation not in AGGREGATIONS or policy != "COLLECT"):
        zh, en = f"聚合“{aggregation}”只能用于命中策略“收集”", f"the aggregation “{aggregation}” goes with COLLECT only"
        reading.report(element, "aggregation", zh, en)
        aggregation = ""
    inputs = tuple(_input(reading, part) for part in children(element, "input"))
    outputs = tuple(_output(reading, part) for part in children(element, "output"))
    if not outputs:
        reading.report(element, "no-output", "决策表没有输出列", "the table has no output column")
    names = [output.name for output in outputs]
    if len(outputs) > 1 and (len(set(names)) < len(names) or "" in names):
        zh, en = "有多个输出列时，各列须有不同的名称", "of several outputs each needs a name of its own"
        reading.report(element, "output-name", zh, en)
    rules = tuple(_rule(reading, part, len(inputs), len(outputs)) for part in children(element, "rule"))
    id_, line = element.get("id") or "", line_of(element)
    return DecisionTable(reading.place(element), id_, policy, aggregation, inputs, outputs, rules, line)


def _input(reading: Reading, element: Element) -> Input:
    expression = child(element, "inputExpression")
    node: s.Node = NULL
    text = text_of(expression)
    declared = None
    if expression is None or not text.strip():
        reading.report(element, "no-input", "输入列没有表达式", "the input column has no expression")
    else:
        # typeRef names the type a modeler offers cells for; values are converted where they enter the file
        declared = reading.type(expression, expression.get("typeRef"))
        node = reading.expression(expression, text)
    allowed = child(element, "inputValues")
    cell = None if allowed is None or not text_of(allowed).strip() else reading.cell(allowed, text_of(allowed))
    return Input(" ".join((element.get("label") or text).split()), text.strip(), node, cell, declared)


def _output(reading: Reading, element: Element) -> Output:
    values, default = child(element, "outputValues"), child(element, "defaultOutputEntry")
    listed: tuple[s.Node, ...] = ()
    if values is not None and text_of(values).strip():
        cell = reading.cell(values, text_of(values))
        listed = tuple(test.operand for test in cell[0]) if cell else ()
    fallback = None if default is None else reading.expression(default, text_of(default))
    name = element.get("name") or ""
    declared = reading.type(element, element.get("typeRef"))
    return Output(name, element.get("label") or name, declared, listed, fallback)


def _rule(reading: Reading, element: Element, inputs: int, outputs: int) -> Rule:
    entries = list(children(element, "inputEntry"))
    results = list(children(element, "outputEntry"))
    if len(entries) != inputs or len(results) != outputs:
        zh = f"规则应有 {inputs} 个条件与 {outputs} 个结果，实有 {len(entries)} 与 {len(results)} 个"
        en = f"the rule needs {inputs} conditions and {outputs} results, it has {len(entries)} and {len(results)}"
        reading.report(element, "rule-width", zh, en)
    texts = tuple(text_of(entry).strip() or "-" for entry in entries)
    return Rule(
        element.get("id") or "",
        tuple(reading.cell(entry, text) for entry, text in zip(entries, texts, strict=True))[:inputs],
        texts,
        tuple(reading.expression(result, text_of(result)) for result in results),
        _note(element),
        line_of(element),
    )


def _note(element: Element) -> str:
    """The rule's annotations, then its description, without repetition."""
    parts = [" ".join(text_of(entry).split()) for entry in children(element, "annotationEntry")]
    parts.append(" ".join(content_of(child(element, "description")).split()))
    return " ".join(dict.fromkeys(part for part in parts if part))
