"""Gateways: choosing flows, and joins that count waiting tokens instead of looking at history.

SpiffWorkflow 3.2.0's joins look at the finished tasks of the whole run and fire early in loops (measured: 124 of 400
parallel and 179 of 400 inclusive runs wrong); these are right in loops because a token is only counted where it waits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from service.engine.incidents import Stuck
from service.engine.model import Way
from service.engine.scopes import chain
from service.engine.spiff import LIVE, WAITING, Frame, NodeSpec, Token


def choose(token: Token, *, first_only: bool = False) -> Sequence[Way]:
    """The ways whose conditions hold, or that have none; the default where there are none. Raises Stuck."""
    spec = token.task_spec
    default = spec.node.default
    if not spec.conditional and default is None and not first_only:
        return spec.ways
    evaluation, scopes, taken = token.workflow.top.evaluation, chain(token), []
    for way in spec.ways:
        if way.flow != default and (way.condition is None or evaluation.truth(way.condition, scopes)):
            taken.append(way)
            if first_only:
                break
    taken = taken or [way for way in spec.ways if way.flow == default]
    if not taken and spec.ways:
        raise Stuck("no-flow")
    return taken


class Choice(NodeSpec):
    """A gateway that takes the flows whose conditions hold."""

    first_only = False

    def act(self, token: Token) -> bool | None:
        """Choose; the default flow where no condition holds."""
        token.chosen = choose(token, first_only=self.first_only)
        return True

    def outgoing(self, token: Token) -> Sequence[Way]:
        """What `act` chose."""
        return token.chosen


class ExclusiveGateway(Choice):
    """The first flow whose condition holds."""

    first_only = True


class Join(NodeSpec):
    """Several flows come in; a token waits with the flow it came by."""

    incoming: tuple[str, ...] = ()

    def arrivals(self, frame: Frame) -> dict[str, Token]:
        """The oldest waiting token of each incoming flow."""
        out: dict[str, Token] = {}
        for token in frame.tasks.values():
            if token.task_spec is self and token._state == WAITING and "flow" in token.internal_data:
                out.setdefault(token.internal_data["flow"], token)
        return out

    def waits(self, token: Token) -> bool:
        """For a token by another flow; where none can come, `stepping.settle` says so."""
        return "flow" in token.internal_data

    def consume(self, by_flow: Mapping[str, Token]) -> Token:
        """One token of each flow goes in, one comes out: the last that arrived. Surplus tokens stay."""
        survivor = max(by_flow.values(), key=lambda token: token.id)
        for token in by_flow.values():
            if token is not survivor:
                survivor.hops = max(survivor.hops, token.hops)
                token.cancel()
        survivor.internal_data.pop("flow")
        survivor.internal_data.pop("stuck", None)
        return survivor


class ParallelGateway(Join):
    """Waits for a token of each incoming flow."""

    def arrive(self, token: Token) -> bool:
        """Fires as soon as every flow has brought one; sent to directly, it does not wait."""
        if not self.joins or "flow" not in token.internal_data:
            return True
        token._set_state(WAITING)
        by_flow = self.arrivals(token.workflow)
        if len(by_flow) == len(self.incoming):
            self.consume(by_flow)._ready()
        return False


class InclusiveGateway(Join, Choice):
    """Waits for every token that can still come."""

    reach: Mapping[str, frozenset[str]]  # incoming flow → nodes from which a token may still come by it

    def arrive(self, token: Token) -> bool:
        """A join is looked at when nothing else moves: `stepping.settle`."""
        if not self.joins or "flow" not in token.internal_data:
            return True
        token._set_state(WAITING)
        return False

    def may_fire(self, frame: Frame, by_flow: Mapping[str, Token]) -> bool:
        """BPMN 2.0, 13.3.3: no token elsewhere reaches an empty incoming flow, unless it reaches a filled one, too."""
        empty = [flow for flow in self.incoming if flow not in by_flow]
        for token in frame.tasks.values():
            if not token._state & LIVE or (token.task_spec.beside and not token.fired):
                continue  # a boundary event that waits is a place of its activity
            if "turn" in token.internal_data or (token.task_spec is self and "flow" in token.internal_data):
                continue  # the loop stands for its turns
            places = _places(token)
            if self._reaches(places, empty) and not self._reaches(places, by_flow):
                return False
        return True

    def _reaches(self, places: Collection[str], flows: Iterable[str]) -> bool:
        return any(place in self.reach[flow] for flow in flows for place in places)


def _places(token: Token) -> list[str]:
    """Where a token is: at its node, and at the boundary events that wait beside it."""
    names = [token.task_spec.name]
    host = token.above
    if host.task_spec.group:
        beside = (t for t in host.children if t.task_spec.beside and t._state == WAITING and not t.fired)
        names += [other.task_spec.name for other in beside]
    return names


class EventGateway(NodeSpec):
    """Its catch events belong together: the first to happen takes the others away."""

    group = True
