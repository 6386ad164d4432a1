"""Begin a receipt at the desk: the scanned code and the moment of arrival are filled in, the rest is to be judged."""

from __future__ import annotations

from typing import Any

from service.commands.task_locks import hold, refuse_hindered, refuse_unless_workable, require_person
from service.domain.deadlines import ZONE
from service.feel import to_json
from service.programmes.task_forms import open_task_form
from service.store.submissions import Draft
from service.store.unit_of_work import UnitOfWork


def begin_receipt(work: UnitOfWork, task_id: int, code: str) -> None:
    """Prefill the receipt as the actor's draft: code, day and time of now, who receives.

    Nobody is kept from it: who submits first has received. What was entered for the same code before stays.
    Raises NotFound, Conflict, NotAllowed, DeadlinePassed.
    """
    person = require_person(work)
    held = hold(work, task_id)
    refuse_unless_workable(work, held)
    refuse_hindered(held, "complete")
    form = open_task_form(work.session, held.task, held.case, actor=work.actor, now=work.now, ground=held.ground)
    kept = held.ground.draft
    if kept is not None and kept.data.get("scanned") == code:
        return
    here = work.now.astimezone(ZONE)
    data: dict[str, Any] = {
        **held.task.inputs,
        "scanned": code,
        "received_on": here.date().isoformat(),
        "received_time": f"{here:%H:%M}",
        "way": "hand",
        "receiver": work.actor.name,
    }
    values = {"data": to_json(data), "form_digest": form.compiled.digest, "saved_at": work.now}
    if kept is None:
        work.session.add(Draft(task_id=task_id, user_id=person, revision=1, **values))
    else:
        for name, value in {**values, "revision": kept.revision + 1}.items():
            setattr(kept, name, value)
