"""Whether every case can come to its end: the markings of each scope explored, and the shortest way to each defect.

Data is left out: each condition may hold or not. A defect that happens whichever conditions hold is an error; one that
some conditions lead to is a warning, because the data may rule it out, which only a person can say.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from service.engine.markings import ASIDE, END, Marking, Move, Net, Undecided
from service.engine.model import Node, Scope

EXACTLY = 2_000  # markings of one scope up to which every order of moves is looked at
MARKINGS = (
    20_000  # beyond, with one order for those that make no difference; beyond that, what was found so far is said
)
MANY = 2  # tokens in one place beyond which it is asked whether they grow without end
DEFECTS = 5  # of one kind that are said of one scope
AT_ONCE = ("chosen", "joined")
THROWN = ("error", "escalation")

Trace = tuple[Move, ...]
Thrown = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """A defect, where it is seen, and the moves that lead to it; `certain`: whichever conditions hold."""

    code: str
    element: str
    trace: Trace = ()
    certain: bool = False
    elements: tuple[str, ...] = ()  # those it is also about


def findings(scope: Scope, thrown: Mapping[str, Thrown], exactly: int = EXACTLY, most: int = MARKINGS) -> list[Finding]:
    """The defects of one scope, each by a shortest trace.

    Where `exactly` markings do not suffice, moves that make no difference to one another are tried in one order only:
    every standstill is still found, but not every two tokens in one place. `not-decided` where `most` do not suffice.
    """
    for whole, bound in ((True, exactly), (False, most)):
        net = Net(scope, lambda event: _may_fire(scope, event, thrown))
        found = _Exploration(net, bound, whole)
        try:
            found.run()
        except Undecided:
            continue
        break
    decided = not found.waiting and not found.cut
    said = decided or found.growing
    return [*_judged(found, decided), *([] if said else [Finding("not-decided", "")])]


@dataclass(slots=True)
class _Exploration:
    """The markings met, breadth first, so that the first way to each is a shortest one."""

    net: Net
    most: int
    whole: bool  # every order of moves
    before: dict[Marking, tuple[Marking | None, Move]] = field(default_factory=dict)
    into: dict[Marking, list[Marking]] = field(default_factory=dict)  # from where each was come to
    waiting: deque[Marking] = field(default_factory=deque)
    partial: set[Marking] = field(default_factory=set)  # not all moves were made
    dead: list[Marking] = field(default_factory=list)
    cut: list[Marking] = field(default_factory=list)  # not looked beyond
    withheld: list[Marking] = field(default_factory=list)  # where an event was not let happen once more
    growing: dict[str, Marking] = field(default_factory=dict)  # elements where ever more tokens stand
    crowded: dict[str, Marking] = field(default_factory=dict)  # elements where two tokens stand
    fired: set[str] = field(default_factory=set)  # joins that ever went on

    def run(self) -> None:
        """Explore until nothing new comes. Raises Undecided beyond the bound.

        Where some tokens went round for ever alone, the others are moved as well, so that none is ignored.
        """
        for move, marking in self.net.beginnings():
            self._met(None, move, marking)
        while True:
            while self.waiting:
                self._expand(self.waiting.popleft())
            ignoring = next((marking for marking in self.trapped() if marking in self.partial), None)
            if ignoring is None:
                return
            self._expand(ignoring, whole=True)

    def _expand(self, marking: Marking, *, whole: bool = False) -> None:
        if marking == END:
            return
        moves, complete = self.net.expand(marking, whole=whole or self.whole)
        if self.net.withheld:
            self.withheld.append(marking)
        if complete:
            self.partial.discard(marking)
        else:
            self.partial.add(marking)
        if not moves:
            self.dead.append(marking)
        if moves and moves[0][0].kind not in AT_ONCE:
            self._note_crowds(marking)
        for move, after in moves:
            if move.kind == "joined":
                self.fired.add(move.element)
            self._met(marking, move, after)

    def _met(self, marking: Marking | None, move: Move, after: Marking) -> None:
        if marking is not None:
            self.into.setdefault(after, []).append(marking)
        if after in self.before:
            return
        self.before[after] = (marking, move)
        if len(self.before) > self.most:
            self.waiting.append(after)
            raise Undecided
        if len(after) > 1 and self._grows(after):
            self.cut.append(after)
        else:
            self.waiting.append(after)

    def _note_crowds(self, marking: Marking) -> None:
        """The elements where two tokens wait."""
        places = [self.net.places[number] for number in marking]
        for node, count in Counter(place.node for place in places if not place.flow and not place.aside).items():
            if count > 1:
                self.crowded.setdefault(node, marking)

    def _grows(self, marking: Marking) -> bool:
        """Whether it is not looked further: ever more tokens.

        Two in one place may still come to a standstill, which says more than that they are two.
        """
        counts = Counter(marking)
        most = max(counts, key=lambda number: counts[number])
        if counts[most] > MANY and any(_covers(counts, old) for old in self._ancestors(marking)):
            self.growing.setdefault(self.net.places[most].node, marking)
            return True
        return sum(self.net.places[number].aside for number in marking) > ASIDE * MANY

    def _ancestors(self, marking: Marking) -> Iterator[Marking]:
        """Those with fewer tokens."""
        at = self.before[marking][0]
        while at is not None:
            if len(at) < len(marking):
                yield at
            at = self.before[at][0]

    def trapped(self) -> list[Marking]:
        """Markings from which neither the end nor a standstill can be reached, the nearest first."""
        done: set[Marking] = set()
        todo = [END, *self.dead, *self.cut, *self.withheld]
        while todo:
            at = todo.pop()
            if at not in done:
                done.add(at)
                todo += self.into.get(at, ())
        return [marking for marking in self.before if marking not in done]

    def trace(self, marking: Marking) -> Trace:
        """The moves to a marking."""
        out = []
        at: Marking | None = marking
        while at is not None:
            at, move = self.before[at]
            out.append(move)
        return tuple(reversed(out))


def _covers(counts: Counter[int], old: Marking) -> bool:
    """Whether all of the old tokens are there."""
    return all(counts[number] >= old.count(number) for number in old)


def _judged(found: _Exploration, decided: bool) -> Iterator[Finding]:
    """Never to the end first, then what never happens, then what happens twice."""
    hopeless = decided and not found.withheld and END not in found.before
    yield from _dead_joins(found, decided, hopeless)
    if decided:
        yield from _traps(found, hopeless)
        yield from _never(found)
    for code, where in (("runs-twice", found.crowded), ("tokens-multiply", found.growing)):
        for element, marking in [*where.items()][:1]:
            yield Finding(code, element, found.trace(marking))


def _dead_joins(found: _Exploration, decided: bool, hopeless: bool) -> Iterator[Finding]:
    """Each join that waits for ever, once; certain where it never goes on, or where no choice was made on the way."""
    told: set[str] = set()
    for marking in found.dead:
        trace = found.trace(marking)
        for join in dict.fromkeys(found.net.places[number].node for number in marking):
            if join in told or len(told) >= DEFECTS:
                continue
            told.add(join)
            here = {found.net.places[number].flow for number in marking if found.net.places[number].node == join}
            missing = tuple(flow.source for flow in found.net.into[join] if flow.id not in here)
            code = "left-over-token" if Move("joined", join) in trace else "deadlock"
            certain = hopeless or (decided and join not in found.fired) or _without_choice(trace)
            yield Finding(code, join, trace, certain, missing)


def _without_choice(trace: Trace) -> bool:
    return all(move.kind != "chosen" for move in trace)


def _traps(found: _Exploration, hopeless: bool) -> Iterator[Finding]:
    """The nearest marking from which the end cannot be reached though tokens go on moving."""
    trapped = found.trapped()
    if trapped:
        trace = found.trace(trapped[0])
        nodes = dict.fromkeys(found.net.places[number].node for marking in trapped for number in marking)
        yield Finding("never-ends", trace[-1].element, trace, hopeless or _without_choice(trace), tuple(nodes))


def _never(found: _Exploration) -> Iterator[Finding]:
    """Elements that nothing comes to although a flow leads there; what follows them is not said again."""
    net, scope = found.net, found.net.scope
    waits = {place.node for place in net.places if place.flow} - found.fired
    dead = {net.places[number].node for marking in found.dead for number in marking}
    for node in scope.nodes.values():
        if node.id in waits and node.id not in dead:
            yield Finding("never-joins", node.id, certain=True)
        elif node.attached_to is not None and node.id not in net.passed and _entered(net, node.attached_to):
            yield Finding("never-fires", node.id)


def _entered(net: Net, id_: str) -> bool:
    return any(flow.id in net.passed for flow in net.into[id_])


def thrown_in(processes: Mapping[str, Scope]) -> dict[str, Thrown]:
    """Per scope the errors and escalations that something inside may throw; an operation may throw any error."""
    scopes = {scope.key: scope for process in processes.values() for scope in process.scopes()}
    inner = {key: frozenset(_inside(scope)) for key, scope in scopes.items()}
    found: dict[str, Thrown] = {key: frozenset(_thrown(scope)) for key, scope in scopes.items()}
    changing = True
    while changing:
        changing = False
        for key in scopes:
            more = found[key].union(*(found[other] for other in inner[key] if other in found))
            changing = changing or more != found[key]
            found[key] = more
    return found


def _inside(scope: Scope) -> Iterator[str]:
    """Keys of the scopes and processes that activities of this scope run."""
    for node in scope.nodes.values():
        if node.inner is not None:
            yield node.inner.key
        if node.kind == "callActivity" and node.called:
            yield node.called


def _thrown(scope: Scope) -> Iterator[tuple[str, str]]:
    for node in scope.nodes.values():
        if node.job is not None:
            yield "error", "*"
        if node.kind in ("endEvent", "intermediateThrowEvent") and node.event is not None and node.event.kind in THROWN:
            yield node.event.kind, node.event.code or ""


def _may_fire(scope: Scope, event: Node, thrown: Mapping[str, Thrown]) -> bool:
    """A time or a message may always come; an error or escalation only out of an activity that may throw it."""
    if event.event is None or event.event.kind not in THROWN:
        return True
    host = scope.nodes[event.attached_to or ""]
    inside = host.inner.key if host.inner is not None else host.called or ""
    out = thrown.get(inside, frozenset()) | ({("error", "*")} if host.job is not None else frozenset())
    kind, code = event.event.kind, event.event.code
    return any(kind == other and (code is None or what in ("*", code)) for other, what in out)
