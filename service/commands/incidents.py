"""Try a failed automatic step again, by a person or by the clock."""

from __future__ import annotations

from service.commands.advance import advance
from service.commands.remits import require_remit
from service.commands.trail import note
from service.domain.errors import NotFound, WrongState
from service.engine import Retry
from service.store import instances
from service.store.cases import Case
from service.store.incidents import Incident
from service.store.unit_of_work import UnitOfWork


def retry(work: UnitOfWork, incident_id: int) -> bool:
    """Go on from where the token is parked; returns whether the step now succeeded.

    A person has to administer for the case's authority; NotFound otherwise. Raises CaseSuspended.
    """
    incident = work.session.get(Incident, incident_id)
    if incident is None:
        raise NotFound()
    require_remit(work, "administer", place_id=work.session.get_one(Case, incident.case_id).authority_id)
    lock = instances.lock if work.actor.is_person else instances.try_lock
    instance = lock(work.session, incident.instance_id)
    if instance is None:
        return False
    work.session.refresh(incident)
    if incident.state != "open":
        if not work.actor.is_person:
            return False
        raise WrongState(zh="这条异常已经处理完毕。", en="This incident has been resolved already.")
    case = work.session.get_one(Case, incident.case_id, populate_existing=True)
    if case.suspended_at is not None and not work.actor.is_person:
        return False  # it is tried when the case goes on
    course = advance(work, case, instance, Retry(incident.engine_task))
    still = any(one.task == incident.engine_task for one in course.last.incidents)
    details = {"element": incident.element, "name": incident.name, "resolved": not still, **course.trail()}
    note(work, "incident-retried", "incident", incident.id, details, case_id=case.id)
    return not still
