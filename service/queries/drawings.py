"""The diagrams of a deployment as text: which process calls which, and the order in which elements come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.errors import NotFound
from service.store.deployments import DeploymentFile

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
WORK = frozenset({"userTask", "callActivity", "subProcess", "receiveTask", "manualTask"})


@dataclass(frozen=True, slots=True)
class Shape:
    """One flow node: `called` is the process a call activity starts, `host` the task a boundary event sits on.

    `default` is the flow a gateway takes when no condition holds.
    """

    id: str
    name: str
    kind: str
    called: str = ""
    host: str = ""
    default: str = ""


@dataclass(frozen=True)
class Drawing:
    """One process of a file: its shapes in the order in which a token can first come to them, and its flows."""

    process: str
    name: str
    file: str
    shapes: tuple[Shape, ...]
    flows: Mapping[str, tuple[str, str]]

    def shape(self, element: str) -> Shape | None:
        """The shape with this id."""
        return next((shape for shape in self.shapes if shape.id == element), None)

    @property
    def stages(self) -> tuple[Shape, ...]:
        """What takes time or people: tasks and called stages, in order."""
        return tuple(shape for shape in self.shapes if shape.kind in WORK)


def drawings(session: Session, deployment_id: int) -> Mapping[str, Drawing]:
    """Every process of a deployment by its id; parsed once, because a deployment never changes."""
    found = session.execute(
        select(DeploymentFile.path, DeploymentFile.digest).where(
            DeploymentFile.deployment_id == deployment_id, DeploymentFile.path.endswith(".bpmn")
        )
    ).all()
    known: dict[str, Drawing] = {}
    for path, digest in sorted(found):
        cached = _CACHE.get((path, digest))
        if cached is None:
            content = session.get_one(DeploymentFile, (deployment_id, path)).content
            cached = _CACHE[path, digest] = read(content, path)
            if len(_CACHE) > CACHED_FILES:
                _CACHE.pop(next(iter(_CACHE)))
        known.update((drawing.process, drawing) for drawing in cached)
    return known


CACHED_FILES = 500
_CACHE: dict[tuple[str, str], tuple[Drawing, ...]] = {}  # two programmes may hold the same file under other names


def follow(known: Mapping[str, Drawing], process: str, path: Sequence[str]) -> Drawing:
    """The drawing that call activities lead to, from the top process down; raises NotFound."""
    drawing = known.get(process)
    for element in path:
        shape = drawing.shape(element) if drawing else None
        drawing = known.get(shape.called) if shape else None
    if drawing is None:
        raise NotFound()
    return drawing


def read(content: bytes, file: str) -> tuple[Drawing, ...]:
    """The processes of one BPMN file that was checked when it was published."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(content, parser)
    return tuple(_drawing(process, file) for process in root.iter(f"{BPMN}process"))


def _drawing(process: etree._Element, file: str) -> Drawing:
    shapes: dict[str, Shape] = {}
    flows: dict[str, tuple[str, str]] = {}
    for node in process.iter():
        if not isinstance(node.tag, str) or not node.tag.startswith(BPMN) or not node.get("id"):
            continue
        kind = node.tag[len(BPMN) :]
        if kind == "sequenceFlow":
            flows[node.get("id", "")] = (node.get("sourceRef", ""), node.get("targetRef", ""))
        elif kind.endswith(("Task", "Event", "Gateway", "Activity")) or kind in ("task", "subProcess"):
            called = node.find(f"{BPMN}extensionElements/{ZEEBE}calledElement")
            shapes[node.get("id", "")] = Shape(
                node.get("id", ""),
                " ".join((node.get("name") or "").split()),
                kind,
                called.get("processId", "") if called is not None else "",
                node.get("attachedToRef", ""),
                node.get("default", ""),
            )
    inner = [
        (sub.get("id", ""), start.get("id", "")) for sub in process.iter(f"{BPMN}subProcess") for start in _starts(sub)
    ]
    ordered = tuple(shapes[element] for element in _order(shapes, [*inner, *flows.values()]))
    return Drawing(process.get("id", ""), process.get("name") or "", file, ordered, flows)


def _starts(sub: etree._Element) -> list[etree._Element]:
    """Where an embedded subprocess begins when a flow reaches it; one that an event starts stands for itself."""
    return [] if sub.get("triggeredByEvent") == "true" else sub.findall(f"{BPMN}startEvent")


def _order(shapes: Mapping[str, Shape], flows: Iterable[tuple[str, str]]) -> list[str]:
    """Each element after what leads to it (loops aside), the content of a subprocess before what follows it.

    What no flow reaches comes last, in the order of the file.
    """
    after: dict[str, list[str]] = {}
    for source, target in flows:
        after.setdefault(source, []).append(target)
    reached = {target for targets in after.values() for target in targets}
    for shape in shapes.values():
        if shape.host:
            after.setdefault(shape.host, []).append(shape.id)
    left: dict[str, None] = {}  # in the order in which the search leaves them: backwards, it is the reading order
    seen: set[str] = set()
    stack = [(shape.id, False) for shape in shapes.values() if shape.kind == "startEvent" and shape.id not in reached]
    while stack:
        element, leaving = stack.pop()
        if leaving:
            left[element] = None
        elif element not in seen and element in shapes:
            seen.add(element)
            stack.append((element, True))
            stack.extend((target, False) for target in after.get(element, ()))
    return [*reversed(left), *(element for element in shapes if element not in seen)]
