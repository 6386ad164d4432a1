"""The shipped diagrams are drawn to be read: no line crosses another, runs through a shape or slants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from lxml import etree

DIAGRAMS = sorted((Path(__file__).resolve().parents[2] / "bpmn").rglob("*.bpmn"))
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
WAY = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"
AROUND = ("participant", "lane", "subProcess", "textAnnotation")  # lines may lie in these
Point = tuple[float, float]
Segment = tuple[Point, Point]


def read(diagram: bytes) -> tuple[dict[str, list[Segment]], dict[str, tuple[float, float, float, float]]]:
    """The lines of the sequence flows, and the edges of each shape a line may not run through."""
    root = etree.fromstring(diagram)
    kinds = {one.get("id"): etree.QName(one).localname for one in root.iter("{*}*") if one.get("id")}
    flows = {}
    for edge in root.iter(f"{DI}BPMNEdge"):
        points = [(float(one.get("x")), float(one.get("y"))) for one in edge.iter(WAY)]
        if kinds[edge.get("bpmnElement")] == "sequenceFlow":
            flows[edge.get("bpmnElement")] = list(pairwise(points))
    shapes = {}
    for shape in root.iter(f"{DI}BPMNShape"):
        bounds = shape.find(f"{DC}Bounds")
        x, y, width, height = (float(bounds.get(name)) for name in ("x", "y", "width", "height"))
        if kinds[shape.get("bpmnElement")] not in AROUND:
            shapes[shape.get("bpmnElement")] = (x, y, x + width, y + height)
    return flows, shapes


def crossings(flows: Mapping[str, Sequence[Segment]]) -> Iterator[str]:
    """Pairs of flows whose lines cross; lines that only touch, such as those of one gateway, do not."""
    for (one, its), (other, others) in combinations(flows.items(), 2):
        for a, b in ((s, t) for s in its for t in others):
            for ((x1, y), (x2, y2)), ((x, y3), (x4, y4)) in ((a, b), (b, a)):
                level, upright = y == y2, x == x4
                within = min(x1, x2) + 1 < x < max(x1, x2) - 1 and min(y3, y4) + 1 < y < max(y3, y4) - 1
                if level and upright and within:
                    yield f"{one} × {other}"


def through(
    flows: Mapping[str, Sequence[Segment]], shapes: Mapping[str, tuple[float, float, float, float]]
) -> Iterator[str]:
    """Flows whose line runs through a shape, its own source and target included."""
    for flow, segments in flows.items():
        for (x1, y1), (x2, y2) in segments:
            for name, (left, top, right, bottom) in shapes.items():
                across = max(x1, x2) > left + 3 and min(x1, x2) < right - 3
                down = max(y1, y2) > top + 3 and min(y1, y2) < bottom - 3
                if across and down:
                    yield f"{flow} through {name}"


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_no_line_crosses_another_or_runs_through_a_shape(path: Path) -> None:
    flows, shapes = read(path.read_bytes())
    slanting = [flow for flow, its in flows.items() for (x1, y1), (x2, y2) in its if x1 != x2 and y1 != y2]
    assert [*crossings(flows), *through(flows, shapes), *slanting] == []
