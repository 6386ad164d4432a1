"""Whether the acting person designs, administers or audits for an authority; what is another's does not exist here."""

from __future__ import annotations

from sqlalchemy import select

from service.domain.access import Remit, has_remit, remit_paths
from service.domain.errors import NotAllowed, NotFound
from service.store.organisations import Organisation
from service.store.unit_of_work import UnitOfWork


def require_remit(work: UnitOfWork, remit: Remit, *, code: str | None = None, place_id: int | None = None) -> None:
    """Raise NotFound unless the remit covers the organisation, by its code or id; the service itself may everything."""
    if not work.actor.is_person:
        return
    which = Organisation.code == code if code is not None else Organisation.id == place_id
    if not has_remit(work.actor, remit, work.session.scalar(select(Organisation.path).where(which))):
        raise NotFound()


def require_some_remit(work: UnitOfWork, remit: Remit) -> None:
    """Raise NotAllowed unless the actor has the remit somewhere: for what all share, such as the calendar."""
    if work.actor.is_person and not remit_paths(work.actor, remit):
        raise NotAllowed(why_zh="这项由系统管理员办理。", why_en="An administrator does this.")
