"""The stored form of an instance: live tokens and variables only, so neither size nor cost grows with history.

`[format, bundle, process, sequence, ended, variables, tokens, frames, kept messages]`; a token is
`[number, parent, spec name, state, memo?]`, a frame is `[activity's number, variables or 0, tokens]`, outside in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from service.domain.errors import WrongCommand
from service.engine.activities import SubProcess
from service.engine.spiff import COMPLETED, Frame, Instance, SubFrame, Token

if TYPE_CHECKING:
    from service.engine.bundle import Bundle
    from service.engine.expressions import Evaluation

FORMAT = 1


def dump(instance: Instance) -> bytes:
    """The instance as bytes; the same instance gives the same bytes."""
    for frame in instance.frames():
        frame.compact()
    inner = sorted(instance.subprocesses.values(), key=lambda frame: frame.level)
    return orjson.dumps(
        [
            FORMAT,
            instance.bundle.key,
            instance.spec.process,
            instance.sequence,
            int(instance.completed),
            instance.data,
            _rows(instance),
            [[frame.owner.id, frame.data if frame.border else 0, _rows(frame)] for frame in inner],
            instance.messages,
        ]
    )


def load(state: bytes, bundle: Bundle, evaluation: Evaluation) -> Instance:
    """The instance, as it was when it was dumped. Raises WrongCommand where the state belongs to another bundle."""
    format_, key, process, sequence, ended, variables, rows, inner, messages = orjson.loads(state)
    if format_ != FORMAT or key != bundle.key or process not in bundle.specs:
        raise WrongCommand(
            zh="流程状态属于另一个版本的模型。", en="the state belongs to another version of the models."
        )
    instance = Instance(bundle, process, evaluation)
    instance.sequence, instance.completed, instance.data = sequence, bool(ended), variables
    instance.messages = messages
    _restore(instance, rows)
    for owner_id, own, frame_rows in inner:
        owner, spec = _owner(instance, owner_id)
        frame = instance.subprocesses[owner_id] = SubFrame(bundle.specs[spec.inner], owner, spec.border)
        if own != 0:
            frame.data = own
        _restore(frame, frame_rows)
    return instance


def _owner(instance: Instance, number: int) -> tuple[Token, SubProcess]:
    owner = instance.find(number)
    if owner is None or not isinstance(owner.task_spec, SubProcess):
        raise ValueError(f"the state has a frame of task {number}, which has no inside")
    return owner, owner.task_spec


def _rows(frame: Frame) -> list[list[Any]]:
    return [
        [t.id, t._parent or 0, t.task_spec.name, t._state, *([t.internal_data] if t.internal_data else [])]
        for t in frame.tasks.values()
        if t.id
    ]


def _restore(frame: Frame, rows: list[list[Any]]) -> None:
    specs = frame.spec.task_specs
    frame.task_tree = Token(frame, frame.spec.start, state=COMPLETED, number=0)
    for number, parent, name, state, *memo in rows:
        token = Token(frame, specs[name], None, state, number)
        token._parent = parent
        if memo:
            token.internal_data = memo[0]
    for token in list(frame.tasks.values()):
        if token.id:
            frame.tasks[token._parent or 0]._children.append(token.id)
