"""One decision of ten rules over three inputs, evaluated; leaves out reading and compiling the file."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from decimal import Decimal

from bench.row import Row
from service.dmn import DecisionModel, read_model

GOAL_US = 15
HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://example.org/bench">'


def model() -> DecisionModel:
    """Members, funds and kind of the lead unit give a route; the last rule matches, so that every rule is tried."""
    inputs = "".join(
        f'<input id="i{number}"><inputExpression id="e{number}" typeRef="{kind}"><text>{name}</text>'
        "</inputExpression></input>"
        for number, (name, kind) in enumerate((("members", "number"), ("funds_wan", "number"), ("kind", "string")))
    )
    rules = "".join(
        f'<rule id="r{n}"><inputEntry id="r{n}a"><text>[{n}..{n + 1})</text></inputEntry>'
        f'<inputEntry id="r{n}b"><text>&gt;= {n * 100}</text></inputEntry>'
        f'<inputEntry id="r{n}c"><text>"enterprise","institute"</text></inputEntry>'
        f'<outputEntry id="r{n}o"><text>"route-{n}"</text></outputEntry></rule>'
        for n in range(1, 11)
    )
    output = '<output id="o" name="route" typeRef="string"/>'
    table = f'<decisionTable id="t" hitPolicy="FIRST">{inputs}{output}{rules}</decisionTable>'
    decision = f'<decision id="route" name="route"><variable id="v" name="route"/>{table}</decision>'
    return read_model(f"{HEAD}{decision}</definitions>".encode(), file="bench.dmn")


def measure(rounds: int = 30, calls: int = 500) -> Iterator[Row]:
    """Processor microseconds of one call of `evaluate`, the median of the rounds."""
    decision = model()
    values = {"members": Decimal(10), "funds_wan": Decimal(1500), "kind": "institute"}
    assert decision.evaluate("route", values) == "route-10"
    taken = []
    for _ in range(rounds):
        begun = time.process_time()
        for _ in range(calls):
            decision.evaluate("route", values)
        taken.append((time.process_time() - begun) / calls * 1e6)
    middle = statistics.median(taken)
    yield Row("decision, 10 rules × 3 inputs, `evaluate`", f"≤ {GOAL_US} µs", f"{middle:.1f} µs", middle <= GOAL_US)
