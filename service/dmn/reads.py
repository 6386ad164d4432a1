"""What a decision reads, through the whole graph below it: root names and static paths."""

from __future__ import annotations

from service.dmn.graph import Graph, Part
from service.feel.reads import NOTHING, Locals, Reader, Shape


class GraphReader:
    """Walks the graph below one decision; a fact of a required decision leads on to what it was made of."""

    def __init__(self, graph: Graph, declared: frozenset[str]) -> None:
        self.graph = graph
        self.reader = Reader(declared)
        self._shapes: dict[tuple[str, frozenset[str]], Shape] = {}

    def use(self, part: Part) -> None:
        """Read a decision whose whole value is used."""
        self.reader.consume(self.shape(part, frozenset()))

    def shape(self, part: Part, given: frozenset[str]) -> Shape:
        """What the value of an element is made of; `given` are the ids that a decision service got as arguments."""
        if part.id in given:
            return NOTHING
        key = part.id, given
        if key not in self._shapes:
            self._shapes[key] = NOTHING
            self._shapes[key] = self._visit(part, given)
        return self._shapes[key]

    def _visit(self, part: Part, given: frozenset[str]) -> Shape:
        if part.kind == "inputData":
            path = (*part.home, part.variable)
            self.reader.root(path[0], certain=True)
            return self.reader.touch(Shape(frozenset({path})))
        if part.kind == "decisionService":
            for id_ in part.outputs:
                if id_ in self.graph.parts:
                    self.reader.consume(self.shape(self.graph.parts[id_], given | frozenset(part.given)))
            return NOTHING
        required = [self.graph.parts[id_] for id_ in part.requires if id_ in self.graph.parts]
        names: dict[str, Shape] = {}
        imported: dict[str, dict[str, Shape]] = {}
        for each in required:
            alias = part.aliases.get(each.id)
            around = names if alias is None else imported.setdefault(alias, {})
            around[each.variable] = self.shape(each, given)
        names |= {alias: Shape(members=members) for alias, members in imported.items()}
        if part.kind == "businessKnowledgeModel":
            names[part.variable] = NOTHING
            return self.reader.use(part.node, Locals(names))
        return self.reader.visit(part.node, Locals(names))
