"""Moving an instance until nothing moves: the loop, joins that need not wait, kept messages, errors going out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, cast

from service.engine.events import Catch
from service.engine.gateways import InclusiveGateway, Join
from service.engine.incidents import Stuck
from service.engine.limits import LONGEST, LOOK, SECONDS, STEPS, TOKENS
from service.engine.spiff import LIVE, READY, WAITING, Frame, Instance, Token

CROWD = 100  # tasks of a frame before finished ones are swept away
Clock: TypeAlias = Callable[[], float]  # seconds that the act has computed


def run(instance: Instance, clock: Clock | None = None) -> None:
    """Carry on until every token waits, is parked or is gone; at a limit, what still moves is parked where it is."""
    done = 0
    while True:
        while instance.ready:
            token = instance.ready.popleft()
            if token._state != READY or token.task_spec.manual:
                continue
            done += 1
            if done % LOOK == 0 and (over := _over(instance, clock)):
                _halt(instance, token, over)
                continue
            if token.id and (done > STEPS or token.hops > LONGEST):  # the start of a scope is not stored
                token.park("act", Stuck("endless"))
            else:
                token.run()
            frame = token.workflow
            if len(frame.tasks) > CROWD + 2 * frame.kept:
                frame.compact()  # else every look at the tasks gets longer
        if not settle(instance):
            _find_stranded(instance)
            return


def _over(instance: Instance, clock: Clock | None) -> Stuck | None:
    """The limit that this command has passed, if it has."""
    if clock is not None and clock() > SECONDS:
        return Stuck("too-slow", seconds=SECONDS)
    return Stuck("too-many-tokens", most=TOKENS) if crowd(instance) > TOKENS else None


def _halt(instance: Instance, token: Token, over: Stuck) -> None:
    """Everything that still moves stops where it is; a start of a scope, which is not stored, goes its one step."""
    moving = [token, *(other for other in instance.ready if other._state == READY and not other.task_spec.manual)]
    instance.ready.clear()
    for one in moving:
        if one.id:
            one.park("act", over)
        else:
            instance.ready.append(one)


def crowd(instance: Instance) -> int:
    """How many tokens are alive."""
    return sum(1 for frame in instance.frames() for token in frame.tasks.values() if token.live)


def _find_stranded(instance: Instance) -> None:
    """What nothing can move any more would stay so for ever, unseen: it is an incident."""
    if instance.completed:
        return
    active = False
    for token in instance.all_live():
        if token.stuck is None and not token.task_spec.waits(token):
            token.park("lost", Stuck("stranded"))
        active = active or not token.task_spec.passive or token.fired
    if not active:
        instance.task_tree.child(instance.spec.start).park("lost", Stuck("stranded"))


def settle(instance: Instance) -> bool:
    """Nothing moves: deliver a kept message, let an inclusive join fire, mark joins that wait for ever."""
    if instance.messages and _deliver(instance):
        return True
    for frame in instance.frames():
        waiting = [t for t in frame.live() if isinstance(t.task_spec, Join) and "flow" in t.internal_data]
        for spec in dict.fromkeys(t.task_spec for t in waiting):
            if isinstance(spec, InclusiveGateway):
                by_flow = spec.arrivals(frame)
                if spec.may_fire(frame, by_flow):
                    spec.consume(by_flow)._ready()
                    return True
        if waiting:
            _mark_dead(frame, waiting)
    return False


def _mark_dead(frame: Frame, waiting: list[Token]) -> None:
    """A scope in which only joins wait will never move by itself; an event sub-process may still rescue it."""
    dead = all(t in waiting or (t.task_spec.passive and not t.fired) for t in frame.live())
    for token in waiting:
        if dead:
            token.park("join", Stuck("dead-join"))
        else:
            token.internal_data.pop("stuck", None)


def _deliver(instance: Instance) -> bool:
    """Give the oldest kept message that somebody waits for to whoever has waited longest."""
    for index, (name, key, variables) in enumerate(instance.messages):
        token = subscriber(instance, name, key)
        if token is not None:
            del instance.messages[index]
            catch_of(token).fire(token, variables)
            return True
    return False


def subscriber(instance: Instance, name: str, key: str | None) -> Token | None:
    """The token that has waited longest for this message; without a key, any of that name."""
    found = [
        token
        for token in waiting(instance, "message")
        if catch_of(token).event.name == name and (key is None or token.internal_data.get("key") == key)
    ]
    return min(found, key=lambda token: token.id, default=None)


def waiting(instance: Instance, kind: str) -> list[Token]:
    """Every token that waits for this kind of event and is not parked."""
    return [
        token
        for token in instance.all_live()
        if token._state == WAITING
        and isinstance(token.task_spec, Catch)
        and token.task_spec.event.kind == kind
        and token.stuck is None
    ]


def catch_of(token: Token) -> Catch:
    """The event that a waiting token waits for."""
    return cast(Catch, token.task_spec)


def signal(instance: Instance, name: str, variables: dict[str, Any] | None = None) -> None:
    """Everybody who waits for it goes on, each with the payload."""
    for token in waiting(instance, "signal"):
        if token._state & LIVE and catch_of(token).event.name == name:
            catch_of(token).fire(token, dict(variables or {}))


def throw(token: Token, kind: str, code: str) -> bool:
    """Error or escalation: the nearest boundary event or event sub-process outwards that takes it. False: nobody."""
    for near in _catchers(token):
        found = [
            other
            for other in near
            if other._state == WAITING
            and other.stuck is None
            and isinstance(other.task_spec, Catch)
            and other.task_spec.event.kind == kind
            and other.task_spec.event.code in (None, code)
        ]
        if found:  # the exact code before one that takes any
            taker = min(found, key=lambda other: catch_of(other).event.code is None)
            catch_of(taker).fire(taker)
            return True
    return False


def _catchers(token: Token | None) -> Iterator[list[Token]]:
    while token is not None:
        above = token.above
        if above.task_spec.group:
            yield above.children
        if "turn" in token.internal_data:
            token = above
            continue
        yield [other for other in token.workflow.tasks.values() if other.task_spec.passive]
        token = token.workflow.owner
