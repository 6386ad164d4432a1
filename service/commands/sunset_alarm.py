"""Warn the office and the administrators of a rule's last day, as early as the manifest says, each time once."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.commands.telling import Words, tell_administrators
from service.commands.trail import note
from service.domain.deadlines import local_date
from service.domain.identity import group_at
from service.operations.recipients import tell_groups
from service.programmes.compiled import compiled_of
from service.programmes.manifest import Manifest
from service.store import counters, deployments
from service.store.organisations import Organisation
from service.store.unit_of_work import UnitOfWork


def tell(work: UnitOfWork) -> int:
    """How many rules were warned of; a service that was down past several warnings tells the newest only.

    Source: domain §7 `rule-sunset` (180 and 60 days before), §11.
    """
    today = local_date(work.now)
    return sum(_warn(work, manifest, last, today) for manifest, last in _ending(work.session, today))


def _ending(session: Session, today: date) -> list[tuple[Manifest, date]]:
    """The rules in force that name a last day and have not reached it."""
    manifests = (compiled_of(session, row).manifest for row in deployments.newest_of_all(session))
    dated = ((manifest, manifest.last_day) for manifest in manifests if manifest.status == "in-force")
    return [(manifest, last) for manifest, last in dated if last is not None and today <= last]


def _warn(work: UnitOfWork, manifest: Manifest, last: date, today: date) -> bool:
    left = (last - today).days
    reached = [days for days in manifest.sunset.days_before if left <= days]
    told = f"sunset:{manifest.key}:{last}"  # the counter of the warning told last, in days before
    before = counters.reserve(work.session, told) if reached else 0
    if not reached or 0 < before <= min(reached):
        return False
    counters.put(work.session, told, min(reached))
    words, once = _words(manifest, last, left), f"{told}:{min(reached)}"
    authority = work.session.scalar(select(Organisation.id).where(Organisation.code == manifest.authority))
    if authority is not None:
        keys = [group_at(role, authority) for role in manifest.sunset.tell]
        tell_groups(work, keys, *words["zh"], case_id=None, once=once, english=words["en"])
    tell_administrators(work, words, once=once, authority_id=authority)
    note(work, "rule-sunset-told", "programme", manifest.key, {"last_day": last.isoformat(), "days_left": left})
    return True


def _words(manifest: Manifest, last: date, left: int) -> Words:
    after = "届满以后不能再开放批次、不再受理新的申报；已备案的保留，在办的照常办完。要延续的，请发布新有效期的专项。"
    return {
        "zh": (f"规则到期：“{manifest.name}”有效期至 {last}，还有 {left} 天", after),
        "en": (
            f"Rule sunset: “{manifest.name_en or manifest.name}” is valid until {last}, {left} days from now",
            "After that day no call can be opened and no new case is taken; what is in the register stays, and running"
            " cases go on to their end. To go on, publish the programme with a new term.",
        ),
    }
