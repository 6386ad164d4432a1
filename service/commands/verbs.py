"""Do a verb of the table by its key, with what it takes: one way in for pages and the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from service.commands import case_verbs, signing, task_verbs, user_tasks
from service.domain.errors import NotFound
from service.domain.verbs import CASE_VERBS, VERBS
from service.store.unit_of_work import UnitOfWork

TASK_ACTS: Final[dict[str, Callable[..., Any]]] = {
    "claim": user_tasks.claim,
    "release": user_tasks.release,
    "transfer": task_verbs.transfer,
    "delegate": task_verbs.delegate,
    "hand-back": task_verbs.hand_back,
    "add-signer": signing.add_signer,
    "remove-signer": signing.remove_signer,
    "replace-signer": signing.replace_signer,
    "sign": signing.sign,
    "return": task_verbs.send_back,
    "take-back": task_verbs.take_back,
    "copy": task_verbs.copy,
    "urge": task_verbs.urge,
    "set-due": task_verbs.set_due,
}
CASE_ACTS: Final[dict[str, Callable[..., Any]]] = {
    "suspend": case_verbs.suspend,
    "resume": case_verbs.resume,
    "cancel": case_verbs.cancel,
}


def do_task(work: UnitOfWork, key: str, task_id: int, given: Mapping[str, Any]) -> None:
    """A verb on a task; `given` has what the verb takes, and the reason. Completing has a form and its own command."""
    if key not in TASK_ACTS:
        raise NotFound()
    verb = VERBS[key]
    named = {name: given[name] for name in verb.takes}
    if key not in ("claim", "release"):
        named["reason"] = given.get("reason", "")
    TASK_ACTS[key](work, task_id, **named)


def do_case(work: UnitOfWork, key: str, case_id: int, given: Mapping[str, Any]) -> None:
    """A verb on a case."""
    if key not in CASE_VERBS:
        raise NotFound()
    CASE_ACTS[key](work, case_id, given.get("reason", ""))
