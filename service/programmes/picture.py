"""A diagram as an SVG picture, drawn from the shapes and lines saved with it (BPMN 2.0.2, section 12)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from service.programmes.symbols import EVENT_SYMBOLS, GATEWAY_SYMBOLS, LOOP_SYMBOLS, PLUS, TASK_SYMBOLS

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_BPMNDI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_DC = "{http://www.omg.org/spec/DD/20100524/DC}"
_DI = "{http://www.omg.org/spec/DD/20100524/DI}"
_SVG = "http://www.w3.org/2000/svg"

MARGIN = 20
LABEL = 90  # the modelers' own width of a label beside an event, a gateway or a flow
LINE = 15  # the height of a line of text, in the units of the diagram
_STYLE = (
    "text{font:12px 'Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif;fill:#1b1f24;text-anchor:middle}"
    ".shape{fill:#fff;stroke:#1b1f24;stroke-width:1.5}.pool,.lane{fill:none;stroke:#8a929b}"
    ".thick{stroke-width:4}.thin{stroke-width:1}.dashed{stroke-dasharray:4 3}.faint{fill:none;stroke-dasharray:8 3 2 3}"
    ".flow{fill:none;stroke:#1b1f24;stroke-width:1.5}.symbol{fill:none;stroke:#1b1f24;stroke-width:1.3}"
    ".solid{fill:#1b1f24;stroke:#1b1f24}.halo{stroke:#fff;stroke-width:4;paint-order:stroke}"
)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the diagram."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """The centre."""
        return self.x + self.width / 2, self.y + self.height / 2


def picture(bpmn: bytes) -> bytes:
    """The first diagram of a BPMN file as SVG; the file has been read before, so it is sound XML without a DOCTYPE."""
    root = etree.fromstring(bpmn, etree.XMLParser(resolve_entities=False, no_network=True))
    elements = {element.get("id"): element for element in root.iter() if element.get("id")}
    plane = next(root.iter(f"{_BPMNDI}BPMNPlane"))
    shapes = [(one, elements[one.get("bpmnElement")]) for one in plane.iter(f"{_BPMNDI}BPMNShape")]
    edges = [(one, elements[one.get("bpmnElement")]) for one in plane.iter(f"{_BPMNDI}BPMNEdge")]
    canvas = _canvas([box for shape, _ in shapes for box in _boxes(shape)], [_points(edge) for edge, _ in edges])
    for shape, element in sorted(shapes, key=lambda pair: _depth(pair[1])):
        _draw_shape(canvas, shape, element)
    defaults = {element.get("default") for element in root.iter() if element.get("default")}
    for edge, element in edges:
        _draw_edge(canvas, edge, is_default=element.get("id") in defaults)
    for labelled, element in (*edges, *shapes):  # over everything, so that no line runs through a word
        _draw_label(canvas, labelled, element)
    return etree.tostring(canvas, encoding="utf-8", pretty_print=True)


def _canvas(boxes: Sequence[Box], lines: Sequence[Sequence[tuple[float, float]]]) -> etree._Element:
    corners = [(box.x, box.y) for box in boxes] + [(box.x + box.width, box.y + box.height) for box in boxes]
    across, down = zip(*corners, *(point for line in lines for point in line), strict=True)
    left, top = min(across) - MARGIN, min(down) - MARGIN
    width, height = max(across) + MARGIN - left, max(down) + MARGIN - top
    size = {"viewBox": f"{left:g} {top:g} {width:g} {height:g}", "width": f"{width:g}", "height": f"{height:g}"}
    canvas = etree.Element(f"{{{_SVG}}}svg", size, nsmap={None: _SVG})  # type: ignore[dict-item]  # the default namespace
    _add(canvas, "style").text = _STYLE
    arrow = _add(
        _add(canvas, "defs"), "marker", id="arrow", viewBox="0 0 10 10", refX="10", refY="5", markerWidth="9",
        markerHeight="9", markerUnits="userSpaceOnUse", orient="auto",
    )  # fmt: skip
    _add(arrow, "path", d="M0 1L10 5L0 9z", **{"class": "solid"})
    _add(canvas, "rect", x=f"{left:g}", y=f"{top:g}", width=f"{width:g}", height=f"{height:g}", fill="#fff")
    return canvas


def _draw_shape(canvas: etree._Element, shape: etree._Element, element: etree._Element) -> None:
    box, kind = _bounds(shape), _kind(element)
    if kind in ("participant", "lane"):
        _rectangle(canvas, box, "pool" if kind == "participant" else "lane")
    elif kind.endswith("Event"):
        _draw_event(canvas, box, element)
    elif kind.endswith("Gateway"):
        x, y = box.middle
        across, down = box.width / 2, box.height / 2
        outline = f"M{x:g} {y - down:g}L{x + across:g} {y:g}L{x:g} {y + down:g}L{x - across:g} {y:g}z"
        _add(canvas, "path", d=outline, **{"class": "shape"})
        _symbol(canvas, GATEWAY_SYMBOLS.get(kind, ""), x - 12, y - 12, "symbol thick-cross", scale=1.7)
    else:
        _draw_activity(canvas, box, shape, element)


def _draw_event(canvas: etree._Element, box: Box, element: etree._Element) -> None:
    """One circle at the start, two between, a thick one at the end; dashed where it does not interrupt."""
    kind, (x, y), radius = _kind(element), box.middle, box.width / 2
    aside = element.get("cancelActivity") == "false" or element.get("isInterrupting") == "false"
    style = "shape" + (" dashed" if aside else "") + (" thick" if kind == "endEvent" else "")
    _add(canvas, "circle", cx=f"{x:g}", cy=f"{y:g}", r=f"{radius:g}", **{"class": style})
    if kind not in ("startEvent", "endEvent"):
        _add(canvas, "circle", cx=f"{x:g}", cy=f"{y:g}", r=f"{radius - 3:g}", **{"class": style + " thin"})
    event = next((_kind(child) for child in element if _kind(child).endswith("EventDefinition")), "")
    throws = kind in ("endEvent", "intermediateThrowEvent")
    _symbol(canvas, EVENT_SYMBOLS.get(event, ""), x - 8, y - 8, "symbol solid" if throws else "symbol", scale=16 / 14)


def _draw_activity(canvas: etree._Element, box: Box, shape: etree._Element, element: etree._Element) -> None:
    kind, open_ = _kind(element), shape.get("isExpanded") == "true"
    style = "shape" + (" thick" if kind == "callActivity" else "")
    style += " faint" if element.get("triggeredByEvent") == "true" else ""
    _rectangle(canvas, box, style, round_="8")
    _symbol(canvas, TASK_SYMBOLS.get(kind, ""), box.x + 5, box.y + 5, "symbol")
    below = [PLUS] if kind in ("callActivity", "subProcess") and not open_ else []
    below += [LOOP_SYMBOLS[loop.get("isSequential") == "true"] for loop in element if "LoopChar" in _kind(loop)]
    for place, symbol in enumerate(below):
        x = box.middle[0] - 8 * len(below) + 16 * place
        _symbol(canvas, symbol, x + 1, box.y + box.height - 17, "symbol")


def _draw_edge(canvas: etree._Element, edge: etree._Element, *, is_default: bool) -> None:
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in _points(edge))
    _add(canvas, "path", d=path, **{"class": "flow", "marker-end": "url(#arrow)"})
    if is_default:
        (x, y), (to_x, to_y) = _points(edge)[:2]
        length = max(abs(to_x - x), abs(to_y - y)) or 1
        at_x, at_y = x + 10 * (to_x - x) / length, y + 10 * (to_y - y) / length
        _add(canvas, "path", d=f"M{at_x - 4:g} {at_y + 5:g}L{at_x + 4:g} {at_y - 5:g}", **{"class": "flow"})


def _draw_label(canvas: etree._Element, shape: etree._Element, element: etree._Element) -> None:
    name, kind = " ".join((element.get("name") or "").split()), _kind(element)
    if not name:
        return
    label = shape.find(f"{_BPMNDI}BPMNLabel/{_DC}Bounds")
    if label is not None:
        box = _box(label)
        lines = wrapped(name, max(box.width, LABEL))
        _text(canvas, lines, box.middle[0], box.y + LINE * len(lines) / 2, halo=True)
    elif kind in ("participant", "lane"):
        box = _bounds(shape)
        x, y = box.x + 15, box.middle[1]
        _text(canvas, [name], x, y, turned=True)
    elif not kind.endswith(("Event", "Gateway", "Flow")):
        box, open_ = _bounds(shape), shape.get("isExpanded") == "true"
        lines = wrapped(name, box.width - 12)
        y = box.y + 8 + LINE * len(lines) / 2 if open_ else box.middle[1]
        _text(canvas, lines, box.middle[0], y)


def wrapped(text: str, width: float) -> list[str]:
    """A text in as few lines as fit a width, evenly filled; Chinese may break anywhere, Latin between words.

    >>> wrapped("重新打印纸质材料", 88)
    ['重新打印', '纸质材料']
    >>> wrapped("paper set received", 60)
    ['paper set', 'received']
    """
    lines = _broken(text, width)
    while True:
        widest = max(map(_measure, lines))
        narrower = _broken(text, widest - 1)
        if len(narrower) > len(lines) or max(map(_measure, narrower)) >= widest:
            return lines
        lines = narrower


def _broken(text: str, width: float) -> list[str]:
    """The text with as much in each line as fits."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and _measure(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


def _pieces(text: str) -> Iterator[str]:
    """What may not be parted: a Chinese sign, or a Latin word with the space behind it."""
    word = ""
    for sign in text:
        if _wide(sign):
            yield from (piece for piece in (word, sign) if piece)
            word = ""
        else:
            word += sign
            if sign == " ":
                yield word
                word = ""
    if word:
        yield word


def _wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in "WF"


def _measure(text: str) -> float:
    return sum(12 if _wide(sign) else 6.6 for sign in text)


def _text(
    canvas: etree._Element, lines: Sequence[str], x: float, y: float, *, halo: bool = False, turned: bool = False
) -> None:
    placed = {"class": "halo"} if halo else {}
    placed |= {"transform": f"rotate(-90 {x:g} {y:g})"} if turned else {}
    text = _add(canvas, "text", **placed)
    first = y - LINE * (len(lines) - 1) / 2 + 4
    for number, line in enumerate(lines):
        _add(text, "tspan", x=f"{x:g}", y=f"{first + LINE * number:g}").text = line


def _symbol(canvas: etree._Element, path: str, x: float, y: float, style: str, *, scale: float = 1) -> None:
    """One of the standard's marks, a path within 14 × 14."""
    if path:
        grown = f" scale({scale:.3g})" if scale != 1 else ""
        _add(canvas, "path", d=path, transform=f"translate({x:g} {y:g}){grown}", **{"class": style})


def _rectangle(canvas: etree._Element, box: Box, style: str, round_: str = "0") -> None:
    size = {"x": f"{box.x:g}", "y": f"{box.y:g}", "width": f"{box.width:g}", "height": f"{box.height:g}"}
    _add(canvas, "rect", **size, rx=round_, **{"class": style})


def _add(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_SVG}}}{tag}", attributes)


def _kind(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _depth(element: etree._Element) -> int:
    """Pools lie under lanes, lanes under sub-processes, and these under what they hold; boundary events on top."""
    kinds = {"participant": 0, "lane": 1, "boundaryEvent": 90}
    return kinds.get(_kind(element), 2 + sum(1 for _ in element.iterancestors(f"{_BPMN}subProcess")))


def _boxes(shape: etree._Element) -> Iterator[Box]:
    yield from (_box(bounds) for bounds in shape.iter(f"{_DC}Bounds"))


def _bounds(shape: etree._Element) -> Box:
    return next(_boxes(shape))


def _box(bounds: etree._Element) -> Box:
    return Box(*(float(bounds.get(side, "0")) for side in ("x", "y", "width", "height")))


def _points(edge: etree._Element) -> list[tuple[float, float]]:
    return [(float(point.get("x", "0")), float(point.get("y", "0"))) for point in edge.iter(f"{_DI}waypoint")]
