"""One verb on many: each in its own transaction, with a result a row; one that is refused stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from service.commands import case_verbs, deputies, incidents, task_verbs, user_tasks
from service.domain.errors import InvalidInput, Refusal
from service.domain.identity import Actor
from service.store.unit_of_work import transact

MOST_ROWS: Final = 200
ACTS: Final[dict[str, Callable[..., Any]]] = {
    "claim": user_tasks.claim,
    "transfer": task_verbs.transfer,
    "urge": task_verbs.urge,
    "set-due": task_verbs.set_due,
    "suspend": case_verbs.suspend,
    "resume": case_verbs.resume,
    "cancel": case_verbs.cancel,
    "retry": incidents.retry,
    "hand-over": deputies.hand_over,
}


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row, with its task's name where the verb tells it.

    `code` and `text` are of its refusal, empty where it was done.
    """

    key: int
    code: str = ""
    text: str = ""
    name: str = ""

    @property
    def done(self) -> bool:
        """Whether the verb took effect on this row."""
        return not self.code


def run(verb: str, keys: Iterable[int], *args: Any, actor: Actor, now: datetime) -> tuple[RowResult, ...]:
    """Run a verb of ACTS on each key (a task, a case or an incident), in the order given, a repeated key once.

    Raises InvalidInput for an unknown verb, for none and for more than MOST_ROWS keys; then nothing was done.
    """
    wanted = list(dict.fromkeys(keys))
    if verb not in ACTS or not wanted or len(wanted) > MOST_ROWS:
        raise InvalidInput(
            field="批量办理", zh=f"一次选 1 至 {MOST_ROWS} 件", en=f"must be 1 to {MOST_ROWS} rows of a known verb"
        )
    return tuple(_one(ACTS[verb], key, args, actor, now) for key in wanted)


def _one(act: Callable[..., Any], key: int, args: tuple[Any, ...], actor: Actor, now: datetime) -> RowResult:
    try:
        result = transact(act, key, *args, actor=actor, now=now)
    except Refusal as refusal:
        return RowResult(key, refusal.code, refusal.text(actor.language))
    if isinstance(result, deputies.Handed):
        return RowResult(key, "not-allowed" if result.refused else "", result.refused, result.name)
    if result is False:  # a step that was tried again and failed again
        return RowResult(key, "incident-stays", "重试后仍未成功。" if actor.language == "zh" else "It failed again.")
    return RowResult(key)
