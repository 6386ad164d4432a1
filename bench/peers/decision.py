"""The table of bench/decision.py in other engines: reads `engine calls` a line, writes the processor seconds of a call.

Runs in the environment of bench/peers.in, where the project's own packages are not. Each engine gets the table in its
own words and in its fastest way: parsed once where it can be, asked with the values the last rule matches.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace

RULES = range(1, 11)
VALUES = {"members": 10, "funds_wan": 1500, "kind": "institute"}
EXPECTED = "route-10"


def zen() -> Callable[[], object]:
    """zen-engine: a JSON graph of one table, in its own expression language."""
    from zen import ZenEngine  # noqa: PLC0415 - each engine is loaded only where it is asked for

    inputs = [{"id": f"i{at}", "name": name, "field": name} for at, name in enumerate(VALUES)]
    kinds = "'enterprise', 'institute'"
    rules = [
        {"_id": f"r{n}", "i0": f"[{n}..{n + 1})", "i1": f">= {n * 100}", "i2": kinds, "o": f"'route-{n}'"}
        for n in RULES
    ]
    outputs = [{"id": "o", "name": "route", "field": "route"}]
    table = {"hitPolicy": "first", "inputs": inputs, "outputs": outputs, "rules": rules}
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode"},
        {"id": "table", "name": "table", "type": "decisionTableNode", "content": table},
        {"id": "out", "name": "out", "type": "outputNode"},
    ]
    edges = [
        {"id": "a", "type": "edge", "sourceId": "in", "targetId": "table"},
        {"id": "b", "type": "edge", "sourceId": "table", "targetId": "out"},
    ]
    decision = ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))
    return lambda: decision.evaluate(VALUES)["result"]["route"]


def spiff() -> Callable[[], object]:
    """SpiffWorkflow's DMN engine: cells are Python; UNIQUE stops at the first rule that matches."""
    from lxml import etree  # noqa: PLC0415
    from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine  # noqa: PLC0415
    from SpiffWorkflow.dmn.engine.DMNEngine import DMNEngine  # noqa: PLC0415
    from SpiffWorkflow.dmn.parser.DMNParser import DMNParser  # noqa: PLC0415

    namespace = "https://www.omg.org/spec/DMN/20191111/MODEL/"
    inputs = "".join(
        f'<input id="i{at}"><inputExpression id="e{at}"><text>{name}</text></inputExpression></input>'
        for at, name in enumerate(VALUES)
    )
    rules = "".join(
        f'<rule id="r{n}"><inputEntry id="r{n}a"><text>{n} &lt;= ? &lt; {n + 1}</text></inputEntry>'
        f'<inputEntry id="r{n}b"><text>&gt;= {n * 100}</text></inputEntry>'
        f'<inputEntry id="r{n}c"><text>? in ("enterprise", "institute")</text></inputEntry>'
        f'<outputEntry id="r{n}o"><text>"route-{n}"</text></outputEntry></rule>'
        for n in RULES
    )
    table = f'<decisionTable id="t">{inputs}<output id="o" name="route" typeRef="string"/>{rules}</decisionTable>'
    text = (
        f'<definitions xmlns="{namespace}" id="d" name="d"><decision id="d1" name="d1">{table}</decision></definitions>'
    )
    parser = DMNParser(None, etree.fromstring(text), {"dmn": namespace})
    parser.parse()
    engine = DMNEngine(parser.decision.decisionTables[0])
    task = SimpleNamespace(data=dict(VALUES), workflow=SimpleNamespace(script_engine=PythonScriptEngine()))
    return lambda: engine.result(task)["route"]


def bkflow() -> Callable[[], object]:
    """bkflow-dmn on bkflow-feel: a rule is one expression, which it parses at every decision."""
    from bkflow_dmn.data_model import SingleDecisionTable  # noqa: PLC0415

    rows = [
        f'members in [{n}..{n + 1}) and funds_wan >= {n * 100} and (kind = "enterprise" or kind = "institute")'
        for n in RULES
    ]
    table = SingleDecisionTable(
        title="route",
        hit_policy="First",
        inputs={"cols": [{"id": name} for name in VALUES], "rows": rows},
        outputs={"cols": [{"id": "route"}], "rows": [[f'"route-{n}"'] for n in RULES]},
    )
    return lambda: table.decide(dict(VALUES))[0]["route"]


def main() -> None:
    engines = {"zen": zen(), "spiff": spiff(), "bkflow": bkflow()}
    for name, decide in engines.items():
        found = decide()
        assert found == EXPECTED, f"{name} came to {found!r}"
    print("ready", flush=True)
    for line in sys.stdin:
        name, calls = line.split()
        decide = engines[name]
        begun = time.process_time()
        for _ in range(int(calls)):
            decide()
        print((time.process_time() - begun) / int(calls), flush=True)


if __name__ == "__main__":
    main()
