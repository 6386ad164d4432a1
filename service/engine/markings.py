"""The tokens of one process or sub-process with all data left out: where they can stand, and every move from there.

A marking is a sorted tuple of place numbers, one for each token; the empty one is the end. A token stands where it
waits, at a join with the flow it came by, or before a choice. What BPMN lets happen may happen: each flow of a choice,
each event at an activity. An inside is one activity here, because it is looked at on its own; event sub-processes are
left out, because what they take away ends the scope and what they add meets no join.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain, combinations
from typing import NamedTuple, TypeAlias

from service.engine.model import ACTIVITIES, Flow, Node, Scope

Marking: TypeAlias = tuple[int, ...]
END: Marking = ()

ASIDE = 2  # tokens of non-interrupting events beyond which no more such event is let happen
LANDINGS = 200  # tokens that one move may make
SUBSETS = 4  # conditions of an inclusive choice up to which each combination is tried; beyond: one, two or all of them
WAITING = ACTIVITIES - {"task", "manualTask", "businessRuleTask"}
CHOICES = ("exclusiveGateway", "inclusiveGateway")


class Undecided(Exception):  # noqa: N818 - it is an answer: too much to look at
    """There are more tokens or markings than are looked at."""


class Place(NamedTuple):
    """Where a token can stand."""

    node: str
    flow: str = ""  # waits at a join, having come by this flow
    choosing: bool = False  # stands before a choice of ways
    spent: frozenset[str] = frozenset()  # non-interrupting boundary events that have happened while it waited
    aside: bool = False  # it comes of such an event, which may happen any number of times


class Move(NamedTuple):
    """One step of a trace: start, done, fired (a boundary event), caught, chosen (with the flows taken) or joined."""

    kind: str
    element: str
    flows: tuple[str, ...] = ()


class Landing(NamedTuple):
    """What becomes of a token that goes along some flows: places, or the end of the scope."""

    places: tuple[int, ...]
    killed: bool


class Net:
    """The places and moves of one scope, made as they are met; `passed` are the flows and events ever taken."""

    def __init__(self, scope: Scope, may_fire: Callable[[Node], bool]) -> None:
        self.scope = scope
        self.away: dict[str, list[Flow]] = {id_: [] for id_ in scope.nodes}
        self.into: dict[str, list[Flow]] = {id_: [] for id_ in scope.nodes}
        for flow in scope.flows:
            self.away[flow.source].append(flow)
            self.into[flow.target].append(flow)
        self.flows = {flow.id: flow for flow in scope.flows}
        self._before: dict[str, list[str]] = {
            id_: [flow.source for flow in self.into[id_]] for id_ in scope.nodes
        }  # links included
        for node in scope.nodes.values():
            if node.link is not None and node.kind == "intermediateCatchEvent":
                self._before[node.id] += [
                    n.id for n in scope.nodes.values() if n.kind == "intermediateThrowEvent" and n.link == node.link
                ]
        self.events: dict[str, list[Node]] = {}  # boundary events by activity
        for node in scope.nodes.values():
            if node.attached_to is not None and may_fire(node):
                self.events.setdefault(node.attached_to, []).append(node)
        self.inclusive = [n.id for n in scope.nodes.values() if n.kind == "inclusiveGateway" and self.joins(n)]
        self.places: list[Place] = []
        self.passed: set[str] = set()
        self.withheld = False  # a move was not made because of `ASIDE`, in the last look
        self._numbers: dict[Place, int] = {}
        self._landings: dict[tuple[str, bool], Landing] = {}
        self._moves: dict[int, list[tuple[Move, Landing]]] = {}
        self._reaching: dict[tuple[str, frozenset[str], str], frozenset[str]] = {}
        self._free: dict[int, bool] = {}
        self._sources: dict[str, dict[str, set[str]]] = {}  # per inclusive join and flow
        self._killing = self._leading(node.id for node in scope.nodes.values() if self.kills(node))

    def joins(self, node: Node) -> bool:
        """Whether tokens wait here for those of other flows."""
        return node.kind in ("parallelGateway", "inclusiveGateway") and len(self.into[node.id]) > 1

    def number(self, place: Place) -> int:
        """The number of a place."""
        if place not in self._numbers:
            self._numbers[place] = len(self.places)
            self.places.append(place)
        return self._numbers[place]

    def beginnings(self) -> list[tuple[Move, Marking]]:
        """The markings after each start event."""
        starts = self.scope.starts()
        return [(Move("start", node.id), self._placed(END, [], self._leave(node, aside=False))) for node in starts]

    def expand(self, marking: Marking, *, whole: bool = False) -> tuple[list[tuple[Move, Marking]], bool]:
        """The moves from here, and whether they are all.

        What happens at once comes first: choices, then joins. Of the tokens that wait, one that can meet no other but
        at a join moves alone, unless `whole`: in which order it and the others move makes no difference. It does where
        `ASIDE` keeps an event from happening, or may because of the move.
        """
        self.withheld = False
        choosing = next((number for number in marking if self.places[number].choosing), None)
        if choosing is not None:
            return self._from(marking, choosing), True
        joined = self._joined(marking)
        if joined:
            return joined, True
        movable = [number for number in dict.fromkeys(marking) if not self.places[number].flow]
        alone = [number for number in movable if self._is_free(number) and self._meets_none(marking, number)]
        if alone and not whole and len(movable) > 1:
            chosen = min(alone, key=lambda number: (not self.places[number].aside, number))
            moves = self._from(marking, chosen)
            if not self.withheld and all(self._aside(after) <= self._aside(marking) for _, after in moves):
                return moves, False
        return [move for number in movable for move in self._from(marking, number)], True

    def _from(self, marking: Marking, number: int) -> list[tuple[Move, Marking]]:
        """A non-interrupting event happens once to a waiting token, and where few tokens have come of such events."""
        if number not in self._moves:
            self._moves[number] = list(self._made(self.places[number]))
        out = []
        crowded = self._aside(marking) >= ASIDE
        for move, landing in self._moves[number]:
            if crowded and move.kind == "fired" and not self.scope.nodes[move.element].interrupting:
                self.withheld = True
            else:
                out.append((move, self._placed(marking, [number], landing)))
        return out

    def _aside(self, marking: Marking) -> int:
        return sum(self.places[number].aside for number in marking)

    def _made(self, place: Place) -> Iterable[tuple[Move, Landing]]:
        node = self.scope.nodes[place.node]
        if place.choosing:
            for flows in self._ways(node):
                yield Move("chosen", node.id, flows), self._land(flows, place.aside)
        elif node.kind == "eventBasedGateway":
            for flow in self.away[node.id]:
                self.passed.add(flow.id)
                yield Move("caught", flow.target), self._leave(self.scope.nodes[flow.target], place.aside)
        else:
            catches = node.kind in ("intermediateCatchEvent", "receiveTask")
            yield Move("caught" if catches else "done", node.id), self._leave(node, place.aside)
        for event in self.events.get(node.id, ()) if not place.choosing else ():
            if event.id not in place.spent:
                self.passed.add(event.id)
                yield Move("fired", event.id), self._fired(place, event)

    def _fired(self, place: Place, event: Node) -> Landing:
        if event.interrupting:
            return self._leave(event, place.aside)
        landing = self._leave(event, aside=True)
        stays = self.number(place._replace(spent=place.spent | {event.id}))
        return landing._replace(places=(*landing.places, stays))

    def _placed(self, marking: Marking, without: Iterable[int], landing: Landing) -> Marking:
        if landing.killed:
            return END
        left = list(marking)
        for number in without:
            left.remove(number)
        return tuple(sorted((*left, *landing.places)))

    def _ways(self, node: Node) -> list[tuple[str, ...]]:
        """The sets of flows that may be taken together."""
        away = self.away[node.id]
        if node.kind == "exclusiveGateway":
            return [(flow.id,) for flow in away]
        default = [(flow.id,) for flow in away if flow.id == node.default]
        always = tuple(flow.id for flow in away if flow.condition is None and flow.id != node.default)
        some = [flow.id for flow in away if flow.condition is not None and flow.id != node.default]
        sizes = range(1, len(some) + 1) if len(some) <= SUBSETS else (1, 2, len(some))
        taken = [always + chosen for size in sizes for chosen in combinations(some, size)]
        return [*([always] if always else default), *taken]

    def _chooses(self, node: Node) -> bool:
        """Whether conditions say which flows a token takes away from here."""
        away = self.away[node.id]
        several = node.kind in CHOICES and len(away) > 1
        return bool(away) and (several or bool(node.default) or any(flow.condition is not None for flow in away))

    def _next(self, node: Node) -> list[str]:
        """The flows away from here, those behind a link included."""
        if node.link is not None and node.kind == "intermediateThrowEvent":
            others = (n for n in self.scope.nodes.values() if n.kind == "intermediateCatchEvent")
            return [flow.id for n in others if n.link == node.link for flow in self.away[n.id]]
        return [flow.id for flow in self.away[node.id]]

    def _leave(self, node: Node, aside: bool) -> Landing:
        """A token leaves a node: along all its flows, or to the choice between them."""
        if self._chooses(node):
            return Landing((self.number(Place(node.id, choosing=True, aside=aside)),), killed=False)
        return self._land(self._next(node), aside)

    def _land(self, flows: Iterable[str], aside: bool) -> Landing:
        landings = [self._landing(flow, aside) for flow in flows]
        return Landing(
            tuple(chain.from_iterable(landing.places for landing in landings)),
            any(landing.killed for landing in landings),
        )

    def _landing(self, flow: str, aside: bool) -> Landing:
        """Where a token on this flow comes to stand, and those it becomes at forks."""
        if (flow, aside) in self._landings:
            return self._landings[flow, aside]
        places: list[int] = []
        killed, todo = False, [flow]
        while todo:
            at = self.flows[todo.pop()]
            self.passed.add(at.id)
            node = self.scope.nodes[at.target]
            standing = self._standing(node, at)
            if standing is not None:
                places.append(self.number(standing._replace(aside=aside)))
                continue
            killed = killed or self.kills(node)
            if self._chooses(node):
                places.append(self.number(Place(node.id, choosing=True, aside=aside)))
            else:
                todo += self._next(node)
            if len(places) + len(todo) > LANDINGS:
                raise Undecided
        self._landings[flow, aside] = Landing(tuple(places), killed)
        return self._landings[flow, aside]

    def _standing(self, node: Node, by: Flow) -> Place | None:
        """Where a token stays that comes to this node by a flow; None: it goes on at once."""
        if self.joins(node):
            return Place(node.id, by.id)
        catches = node.kind == "intermediateCatchEvent" and node.link is None
        waits = node.kind in WAITING or node.kind == "eventBasedGateway" or node.job is not None or catches
        return Place(node.id) if waits else None

    def kills(self, node: Node) -> bool:
        """Whether a token that comes here takes every other one of the scope away."""
        return node.kind == "endEvent" and node.event is not None and node.event.kind in ("terminate", "error")

    def _joined(self, marking: Marking) -> list[tuple[Move, Marking]]:
        """A parallel join that has all its tokens; else each inclusive join that need not wait any longer."""
        waiting: dict[str, dict[str, int]] = {}
        for number in dict.fromkeys(marking):
            place = self.places[number]
            if place.flow:
                waiting.setdefault(place.node, {})[place.flow] = number
        out = []
        for id_, by_flow in waiting.items():
            if self.scope.nodes[id_].kind == "inclusiveGateway":
                continue
            if len(by_flow) == len(self.into[id_]):
                return [self._fire(marking, id_, by_flow)]
        for id_, by_flow in waiting.items():
            if self.scope.nodes[id_].kind == "inclusiveGateway" and self._need_not_wait(marking, id_, by_flow):
                out.append(self._fire(marking, id_, by_flow))
        return out

    def _fire(self, marking: Marking, join: str, by_flow: dict[str, int]) -> tuple[Move, Marking]:
        aside = all(self.places[number].aside for number in by_flow.values())
        landing = self._leave(self.scope.nodes[join], aside)
        return Move("joined", join), self._placed(marking, by_flow.values(), landing)

    def _need_not_wait(self, marking: Marking, join: str, filled: dict[str, int]) -> bool:
        """BPMN 2.0, 13.3.3: no token elsewhere reaches an empty incoming flow, unless it reaches a filled one, too."""
        for number in set(marking):
            place = self.places[number]
            if place.flow and place.node == join:
                continue
            reached = self.reached(place, join)
            if reached and not reached & filled.keys():
                return False
        return True

    def reached(self, place: Place, join: str) -> frozenset[str]:
        """The flows into a join by which a token from here can come without passing the join."""
        key = (place.node, place.spent, join)
        if key not in self._reaching:
            if join not in self._sources:
                self._sources[join] = {flow.id: self._leading([flow.source], join) for flow in self.into[join]}
            here = {place.node, *(n.id for n in self.events.get(place.node, ()) if n.id not in place.spent)}
            self._reaching[key] = frozenset(flow for flow, left in self._sources[join].items() if here & left)
        return self._reaching[key]

    def _leading(self, last: Iterable[str], join: str = "") -> set[str]:
        """Nodes from which, once left, a token can come to leave one of the last, without passing the join."""
        left: set[str] = set()
        todo = list(last)
        while todo:
            at = todo.pop()
            if at in left:
                continue
            left.add(at)
            host = self.scope.nodes[at].attached_to
            for entered in (at, host) if host is not None else (at,):
                todo += self._before[entered] if entered != join else ()
        return left

    def _is_free(self, number: int) -> bool:
        """Whether it can end nothing, and comes to each inclusive join by one flow that no loop brings others to."""
        if number not in self._free:
            place = self.places[number]
            here = {place.node, *(event.id for event in self.events.get(place.node, ()))}
            alone = all(self._is_plain(join, self.reached(place, join)) for join in self.inclusive)
            self._free[number] = alone and not here & self._killing
        return self._free[number]

    def _is_plain(self, join: str, reached: frozenset[str]) -> bool:
        """One flow at most; and where the join leads back to itself, no token can come by this flow or by another.

        Such a token is waited for until the flow is filled, and then no longer: it matters when that happens.
        """
        if not reached or not any(join in sources for sources in self._sources[join].values()):
            return len(reached) <= 1
        others = (self.reached(Place(node), join) for node in self.scope.nodes)
        return len(reached) == 1 and all(len(flows) == 1 for flows in others if flows & reached)

    def _meets_none(self, marking: Marking, number: int) -> bool:
        """Whether no other token can come to an inclusive join by the flow of this one or by another."""
        for join in self.inclusive:
            mine = self.reached(self.places[number], join)
            for other in marking if mine else ():
                place = self.places[other]
                flows = frozenset() if place.flow and place.node == join else self.reached(place, join)
                if other != number and flows & mine and len(flows) > 1:
                    return False
        return True
