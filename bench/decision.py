"""Decisions: deciding, explaining, reading, checking, and refusing bad files; the same table in three other engines."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench.row import Row, interleaved
from service.dmn import DecisionModel, DmnError, read_model
from service.feel import compile_expression

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://example.org/bench">'
INPUTS = (("members", "number"), ("funds_wan", "number"), ("kind", "string"))
VALUES = {"members": Decimal(10), "funds_wan": Decimal(1500), "kind": "institute"}
PEERS = {"zen": 20, "spiff": 10, "bkflow": 1}  # calls a turn, so that turns are of like length
PYTHON = Path(__file__).parents[1] / ".venv/peers/bin/python"
SCRIPT = Path(__file__).parent / "peers/decision.py"


def route(rules: int = 10, kind: Callable[[int], str] = lambda _: '"enterprise","institute"') -> bytes:
    """Members, funds and kind of the lead unit give a route; each rule takes one number of members."""
    rows = [[f"[{n}..{n + 1})", f">= {n * 100}", kind(n), f'"route-{n}"'] for n in range(1, rules + 1)]
    return file(table(INPUTS, rows, "FIRST"))


def table(inputs: Any, rows: list[list[str]], policy: str) -> str:
    """A decision table; the last cell of a row is its result."""
    columns = "".join(
        f'<input id="i{at}"><inputExpression id="e{at}" typeRef="{kind}"><text>{name}</text></inputExpression></input>'
        for at, (name, kind) in enumerate(inputs)
    )
    rules = "".join(_rule(number, row) for number, row in enumerate(rows, 1))
    return f'<decisionTable id="t" hitPolicy="{policy}">{columns}<output id="o" name="route"/>{rules}</decisionTable>'


def _rule(number: int, row: list[str]) -> str:
    cells = [cell.replace("<", "&lt;").replace(">", "&gt;") for cell in row]
    tests = "".join(
        f'<inputEntry id="r{number}i{at}"><text>{cell}</text></inputEntry>' for at, cell in enumerate(cells[:-1])
    )
    result = f'<outputEntry id="r{number}o"><text>{cells[-1]}</text></outputEntry>'
    return f'<rule id="r{number}"><description>第{number}条</description>{tests}{result}</rule>'


def file(logic: str) -> bytes:
    """A file of one decision."""
    decision = f'<decision id="route" name="route"><variable id="v" name="route"/>{logic}</decision>'
    return f"{HEAD}{decision}</definitions>".encode()


def read(content: bytes) -> DecisionModel:
    """The model of a file."""
    return read_model(content, file="bench.dmn")


def measure() -> Iterator[Row]:
    """Processor time of one call, medians of rounds in which all take turns."""
    yield from _deciding()
    yield from _growing()
    yield from _around()
    yield from _bad_files()


def _deciding(rounds: int = 30) -> Iterator[Row]:
    model = read(route())
    assert model.evaluate("route", VALUES) == "route-10"
    ours: list[float] = []
    theirs: dict[str, list[float]] = {name: [] for name in PEERS}
    with _Peers() as peers:
        for _ in range(rounds):
            begun = time.process_time()
            for _ in range(500):
                model.evaluate("route", VALUES)
            ours.append((time.process_time() - begun) / 500)
            for name, calls in PEERS.items():
                theirs[name] += peers.turn(name, calls)
    middle = median(ours)
    yield _row("decision, 10 rules × 3 inputs, `evaluate`", 15, middle)
    for name, times in theirs.items():
        if times:
            told = f"{median(times) * 1e6:.0f} µs, ×{median(times) / middle:.0f} ours"
            yield Row(f"the same table in {name}", "slower than ours", told, median(times) > middle)
        else:
            yield Row(f"the same table in {name}", "slower than ours", f"not measured: {PYTHON} is missing", False)


class _Peers:
    """The other engines, in a process of their own environment that waits for its turns; none where that is missing."""

    def __enter__(self) -> _Peers:
        self._process = None
        if PYTHON.exists():
            command = [str(PYTHON), str(SCRIPT)]
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)  # noqa: S603 - a fixed command
            assert self._process.stdout is not None
            assert self._process.stdout.readline() == "ready\n", "the other engines did not start"
        else:
            print(f"{PYTHON} is missing: `make bench` sets it up", file=sys.stderr)
        return self

    def turn(self, name: str, calls: int) -> list[float]:
        """The processor seconds of a call."""
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            return []
        self._process.stdin.write(f"{name} {calls}\n")
        self._process.stdin.flush()
        return [float(self._process.stdout.readline())]

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()


def _row(what: str, goal_us: float, seconds: float) -> Row:
    goal = f"≤ {goal_us} µs" if goal_us < 1000 else f"≤ {goal_us / 1000:g} ms"
    told = f"{seconds * 1e6:.1f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"
    return Row(what, goal, told, seconds * 1e6 <= goal_us)


def _growing() -> Iterator[Row]:
    """Tables whose last rule matches, so that all are gone through; and one that equality on a column leads into."""
    sizes = (10, 100, 1000)
    models = [read(route(rules)) for rules in sizes]
    indexed = read(route(1000, lambda n: f'"kind-{n}"'))
    cases = [{**VALUES, "members": Decimal(rules), "funds_wan": Decimal(200_000)} for rules in sizes]
    acts = [partial(model.evaluate, "route", case) for model, case in zip(models, cases, strict=True)]
    found = partial(indexed.evaluate, "route", {**cases[-1], "kind": "kind-1000"})
    assert [act() for act in (*acts, found)] == ["route-10", "route-100", "route-1000", "route-1000"]
    *times, direct = interleaved(20, *acts, found)
    for rules, seconds in zip(sizes[1:], times[1:], strict=True):
        grown, linear = seconds / times[0], rules / sizes[0]
        told = f"×{grown:.1f} ({seconds * 1e6:.0f} µs)"
        yield Row(f"{rules} rules, all gone through, against 10", f"≤ ×{linear:g} (linear)", told, grown <= linear)
    told = f"×{direct / times[0]:.1f} ({direct * 1e6:.1f} µs)"
    yield Row(
        "1000 rules told apart by equality, against 10 rules", "≤ ×2 (linear: ×100)", told, direct <= 2 * times[0]
    )


def _around() -> Iterator[Row]:
    content = route()
    model, condition = read(content), compile_expression('verdict = "eligible"')
    asked = partial(condition.evaluate, {"verdict": "eligible", "findings": []})
    wide = read(file(table([(f"x{at}", "number") for at in range(8)], _partition(), "UNIQUE")))
    assert {one.code for one in wide.check()} == set()
    times = interleaved(20, partial(model.explain, "route", VALUES), partial(read, content), wide.check)
    yield _row("decision, `explain` of the same", 1000, times[0])
    yield _row("reading and compiling its file", 2000, times[1])
    yield _row("condition of a gateway, one comparison", 2, interleaved(30, asked, calls=500)[0])
    yield _row("check of 30 rules × 8 inputs without a gap", 1_000_000, times[2])


def _partition() -> list[list[str]]:
    """Thirty rules over eight inputs without gap or overlap: the whole, halved column by column."""
    rules = [["-"] * 8]
    for number in range(29):
        rule = rules.pop(0)
        column = next((number + turn) % 8 for turn in range(8) if rule[(number + turn) % 8] == "-")
        rules += [[*rule[:column], cell, *rule[column + 1 :]] for cell in ("< 5, null", ">= 5")]
    return [[*rule, f'"{number}"'] for number, rule in enumerate(rules)]


def _bad_files() -> Iterator[Row]:
    """Files that nobody should write: what an answer costs."""
    chain = "".join(
        f'<decision id="d{n}" name="d{n}"><informationRequirement><requiredDecision href="#d{(n + 1) % 500}"/>'
        f"</informationRequirement><literalExpression><text>1</text></literalExpression></decision>"
        for n in range(500)
    )
    one = '<decision id="{}" name="a"><literalExpression><text>1</text></literalExpression></decision>'
    imported = '<import namespace="urn:x" name="x" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
    files = {
        "5 MB": f"{HEAD}{' ' * (5 << 20)}</definitions>",
        "500 decisions in a circle": f"{HEAD}{chain}</definitions>",
        "two decisions of one name": f"{HEAD}{one.format('x')}{one.format('y')}</definitions>",
        "a missing import": f"{HEAD}{imported}</definitions>",
    }
    for what, text in files.items():
        refused = partial(_refused, text.encode())
        (seconds,) = interleaved(5, refused, calls=1)
        yield _row(f"a decision file of {what}, refused", 500_000, seconds)


def _refused(content: bytes) -> None:
    try:
        read(content)
    except DmnError:
        return
    raise AssertionError("not refused")
