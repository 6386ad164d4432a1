"""A diagram's picture shows everything the diagram shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from service.programmes.picture import picture, wrapped

ROOT = Path(__file__).resolve().parents[2]
DIAGRAMS = sorted((ROOT / "bpmn").rglob("*.bpmn"))
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: etree._Element) -> list[str]:
    return ["".join("".join(text.itertext()).split()) for text in svg.iter(f"{SVG}text")]


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_every_name_stands_in_the_picture_and_every_flow_is_a_line(path: Path) -> None:
    drawn = etree.fromstring(picture(path.read_bytes()))
    root = etree.parse(path).getroot()
    shown = {one.get("bpmnElement") for one in root.iter("{*}BPMNShape", "{*}BPMNEdge")}
    named = [one.get("name") for one in root.iter() if one.get("id") in shown and one.get("name")]
    assert sorted(texts(drawn)) == sorted("".join(name.split()) for name in named)
    flows = sum(1 for _ in root.iter("{*}BPMNEdge"))
    assert sum(1 for line in drawn.iter(f"{SVG}path") if line.get("marker-end")) == flows > 0


def test_nothing_lies_outside_the_picture() -> None:
    drawn = etree.fromstring(picture(DIAGRAMS[0].read_bytes()))
    left, top, width, height = map(float, drawn.get("viewBox", "").split())
    for box in drawn.iter(f"{SVG}rect"):
        x, y, across, down = (float(box.get(side, "")) for side in ("x", "y", "width", "height"))
        assert left <= x and x + across <= left + width  # noqa: PT018 - one edge of one box
        assert top <= y and y + down <= top + height  # noqa: PT018


def test_a_picture_is_the_same_each_time() -> None:
    assert picture(DIAGRAMS[0].read_bytes()) == picture(DIAGRAMS[0].read_bytes())


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "甲 & 乙 “丙”"])
def test_a_name_is_text_and_nothing_else(name: str) -> None:
    content = DIAGRAMS[0].read_text(encoding="utf-8")
    first = next(iter(etree.fromstring(content.encode()).iter("{*}participant"))).get("name", "")
    escaped = name.replace("&", "&amp;").replace("<", "&lt;")
    drawn = etree.fromstring(picture(content.replace(f'name="{first}"', f'name="{escaped}"', 1).encode()))
    assert "".join(name.split()) in texts(drawn)
    assert not list(drawn.iter(f"{SVG}script", "script"))


def test_a_word_longer_than_the_line_stands_alone() -> None:
    assert wrapped("a incomprehensibilities b", 60) == ["a", "incomprehensibilities", "b"]
