"""The engine as a pure function: `apply(bundle, state, command, at, case) -> Step`; no SQL, no clock, no web."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from service.domain.errors import WrongCommand
from service.engine import stepping
from service.engine.bundle import Bundle
from service.engine.commands import Command, Start, carry_out
from service.engine.expressions import CaseValues, Evaluation
from service.engine.results import Live, Step, shown, step
from service.engine.returns import Target, sweep, targets
from service.engine.spiff import Instance
from service.engine.state import load
from service.engine.stepping import Clock

NOBODY = CaseValues()
BEGINNING = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def apply(
    bundle: Bundle,
    state: bytes | None,
    command: Command,
    at: datetime,
    case: CaseValues = NOBODY,
    *,
    clock: Clock | None = None,
) -> Step:
    """Carry out one command on a stored instance (None: a new one) and say everything that came of it.

    `at` is an aware instant: what FEEL calls now; `clock` says the seconds the act has computed, so that none
    does so for ever. Only a command the process does not wait for raises (WrongCommand); whatever goes wrong after it
    is an incident of the Step, and the command's own effect is kept.
    """
    evaluation = Evaluation(bundle.expressions, case, at, clock)
    if isinstance(command, Start):
        if state is not None:
            raise WrongCommand(zh="流程已经启动。", en="the instance has been started already.")
        if command.process not in bundle.processes:
            raise WrongCommand(zh=f"没有流程“{command.process}”。", en=f"there is no process “{command.process}”.")
        instance = Instance(bundle, command.process, evaluation)
    elif state is None:
        raise WrongCommand(zh="流程尚未启动。", en="the instance has not been started.")
    else:
        instance = load(state, bundle, evaluation)
    before = frozenset(token.id for token in instance.all_live() if token.stuck is None)
    carry_out(instance, command)
    stepping.run(instance, clock)
    while sweep(instance):
        stepping.run(instance, clock)
    return step(instance, before)


def view(bundle: Bundle, state: bytes) -> tuple[Live, ...]:
    """Where the tokens of a stored instance are; nothing is evaluated."""
    instance = load(state, bundle, Evaluation(bundle.expressions, NOBODY, BEGINNING))
    return shown(sorted(instance.all_live(), key=lambda token: token.id))


def variables_of(bundle: Bundle, state: bytes) -> dict[str, Any]:
    """The variables of the top process of a stored instance."""
    return load(state, bundle, Evaluation(bundle.expressions, NOBODY, BEGINNING)).data


def return_targets(bundle: Bundle, state: bytes, task: int) -> tuple[Target, ...]:
    """Every step that an open task of a stored instance may be sent back to; nothing is evaluated."""
    token = load(state, bundle, Evaluation(bundle.expressions, NOBODY, BEGINNING)).find(task)
    return tuple(targets(token)) if token is not None and token.live else ()
